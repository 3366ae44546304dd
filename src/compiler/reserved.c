/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserved.c: names that a .proto may use and C text may not.
 *
 * Both lists are sorted by strcmp, which a test checks. A name that is added here renames what was
 * generated under it before: add only what does not compile.
 */
#include "compiler/gen.h"
#include <stdlib.h>

/* Keywords of C11 to C23 and C++98 to C++20; macros of the headers of C, POSIX and Linux: taken
 * wherever they stand. */
/* clang-format off */
static const char *const words[] = {
    "BIG_ENDIAN", "BUFSIZ", "BYTE_ORDER", "CHAR_BIT", "CHAR_MAX", "CHAR_MIN", "CLOCKS_PER_SEC",
    "DBL_EPSILON", "DBL_MAX", "DBL_MIN", "DOMAIN", "E2BIG", "EACCES", "EADDRINUSE", "EADDRNOTAVAIL",
    "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF", "EBADMSG", "EBUSY", "ECANCELED", "ECHILD",
    "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EDEADLK", "EDESTADDRREQ", "EDOM", "EDQUOT",
    "EEXIST", "EFAULT", "EFBIG", "EHOSTUNREACH", "EIDRM", "EILSEQ", "EINPROGRESS", "EINTR",
    "EINVAL", "EIO", "EISCONN", "EISDIR", "ELOOP", "EMFILE", "EMLINK", "EMSGSIZE", "EMULTIHOP",
    "ENAMETOOLONG", "ENETDOWN", "ENETRESET", "ENETUNREACH", "ENFILE", "ENOBUFS", "ENODEV", "ENOENT",
    "ENOEXEC", "ENOLCK", "ENOLINK", "ENOMEM", "ENOMSG", "ENOPROTOOPT", "ENOSPC", "ENOSYS",
    "ENOTCONN", "ENOTDIR", "ENOTEMPTY", "ENOTRECOVERABLE", "ENOTSOCK", "ENOTSUP", "ENOTTY", "ENXIO",
    "EOF", "EOPNOTSUPP", "EOVERFLOW", "EOWNERDEAD", "EPERM", "EPIPE", "EPROTO", "EPROTONOSUPPORT",
    "EPROTOTYPE", "ERANGE", "EROFS", "ESPIPE", "ESRCH", "ESTALE", "ETIMEDOUT", "ETXTBSY",
    "EWOULDBLOCK", "EXDEV", "EXIT_FAILURE", "EXIT_SUCCESS", "FALSE", "FILENAME_MAX", "FLT_EPSILON",
    "FLT_MAX", "FLT_MIN", "FOPEN_MAX", "FP_INFINITE", "FP_NAN", "FP_NORMAL", "FP_SUBNORMAL",
    "FP_ZERO", "HUGE_VAL", "HUGE_VALF", "HUGE_VALL", "I", "INFINITY", "INT16_MAX", "INT16_MIN",
    "INT32_MAX", "INT32_MIN", "INT64_MAX", "INT64_MIN", "INT8_MAX", "INT8_MIN", "INTMAX_MAX",
    "INTMAX_MIN", "INTPTR_MAX", "INTPTR_MIN", "INT_MAX", "INT_MIN", "LDBL_EPSILON", "LDBL_MAX",
    "LDBL_MIN", "LITTLE_ENDIAN", "LLONG_MAX", "LLONG_MIN", "LONG_MAX", "LONG_MIN", "L_tmpnam",
    "MATH_ERREXCEPT", "MATH_ERRNO", "MB_CUR_MAX", "MB_LEN_MAX", "M_E", "M_PI", "NAME_MAX", "NAN",
    "NULL", "OVERFLOW", "PATH_MAX", "PDP_ENDIAN", "PLOSS", "PTRDIFF_MAX", "PTRDIFF_MIN", "RAND_MAX",
    "SCHAR_MAX", "SCHAR_MIN", "SEEK_CUR", "SEEK_END", "SEEK_SET", "SHRT_MAX", "SHRT_MIN", "SIGABRT",
    "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO",
    "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGQUIT", "SIGSEGV", "SIGSTOP", "SIGSYS",
    "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2",
    "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIG_DFL", "SIG_ERR", "SIG_IGN", "SING",
    "SIZE_MAX", "SSIZE_MAX", "TIME_UTC", "TLOSS", "TMP_MAX", "TRUE", "UCHAR_MAX", "UINT16_MAX",
    "UINT32_MAX", "UINT64_MAX", "UINT8_MAX", "UINTMAX_MAX", "UINTPTR_MAX", "UINT_MAX", "ULLONG_MAX",
    "ULONG_MAX", "UNDERFLOW", "USHRT_MAX", "_Alignas", "_Alignof", "_Atomic", "_Bool", "_Complex",
    "_Generic", "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local", "alignas", "alignof",
    "alloca", "and", "and_eq", "asm", "assert", "auto", "bitand", "bitor", "bool", "break", "case",
    "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
    "co_yield", "compl", "complex", "concept", "const", "const_cast", "consteval", "constexpr",
    "constinit", "continue", "d_fileno", "decltype", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "environ", "errno", "explicit", "export", "extern", "false",
    "float", "for", "fpclassify", "friend", "goto", "h_errno", "htonl", "htons", "i386", "if",
    "ifr_addr", "ifr_name", "imaginary", "inline", "int", "isfinite", "isinf", "isnan", "isnormal",
    "linux", "long", "major", "makedev", "minor", "mutable", "namespace", "new", "noexcept",
    "noreturn", "not", "not_eq", "ntohl", "ntohs", "nullptr", "offsetof", "operator", "or", "or_eq",
    "private", "protected", "public", "raise", "register", "reinterpret_cast", "requires",
    "restrict", "return", "s6_addr", "s_addr", "s_host", "s_imp", "s_impno", "s_lh", "s_net",
    "sa_handler", "sa_sigaction", "sched_priority", "setjmp", "short", "si_addr", "si_band",
    "si_fd", "si_int", "si_pid", "si_ptr", "si_status", "si_uid", "si_value",
    "sigev_notify_attributes", "sigev_notify_function", "signal", "signbit", "signed", "sigsetjmp",
    "sizeof", "st_atime", "st_ctime", "st_mtime", "static", "static_assert", "static_cast",
    "stderr", "stdin", "stdout", "struct", "switch", "template", "this", "thread_local", "throw",
    "true", "try", "tx_status", "typedef", "typeid", "typename", "typeof", "typeof_unqual", "union",
    "unix", "unsigned", "using", "ut_name", "ut_time", "va_arg", "va_copy", "va_end", "va_start",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
};
/* clang-format on */

/* Functions and types of libc, and what generated functions call their parameters and variables: taken
 * at file scope alone. */
/* clang-format off */
static const char *const globals[] = {
    "DIR", "FILE", "abort", "abs", "accept", "access", "acos", "addrinfo", "alarm", "aligned_alloc",
    "arena", "asctime", "asin", "atan", "atan2", "atexit", "atof", "atoi", "atol", "atoll", "bcmp",
    "bcopy", "bind", "bsearch", "bzero", "call", "calloc", "cbrt", "ceil", "channel", "chdir",
    "chmod", "chown", "clearerr", "clock", "clock_t", "close", "code", "connect", "copysign", "cos",
    "cosh", "creat", "ctime", "daemon", "dev_t", "difftime", "div", "div_t", "dup", "dup2",
    "element", "entry", "erf", "err", "execl", "execv", "execve", "exit", "exp", "exp2", "expm1",
    "fabs", "fclose", "fcntl", "fdim", "feof", "ferror", "fflush", "fgetc", "fgetpos", "fgets",
    "floor", "fma", "fmax", "fmin", "fmod", "fopen", "fork", "fpos_t", "fprintf", "fputc", "fputs",
    "fread", "free", "freopen", "frexp", "fscanf", "fseek", "fsetpos", "fstat", "ftell", "fwrite",
    "gamma", "getc", "getchar", "getenv", "getopt", "getpid", "gets", "gid_t", "gmtime", "group",
    "handler", "handlers", "hostent", "hypot", "impl", "in", "index", "ino_t", "int16_t", "int32_t",
    "int64_t", "int8_t", "intmax_t", "intptr_t", "ioctl", "iovec", "isalnum", "isalpha", "isatty",
    "iscntrl", "isdigit", "isgraph", "islower", "isprint", "ispunct", "isspace", "isupper",
    "isxdigit", "j0", "j1", "jmp_buf", "jn", "key", "kill", "labs", "ldexp", "ldiv", "ldiv_t",
    "lgamma", "link", "listen", "llabs", "lldiv", "lldiv_t", "localtime", "log", "log10", "log1p",
    "log2", "logb", "longjmp", "lseek", "lstat", "main", "malloc", "max_align_t", "memchr",
    "memcmp", "memcpy", "memmove", "memset", "message", "mkdir", "mktime", "mmap", "mode_t", "modf",
    "msg", "msghdr", "nan", "nanosleep", "nice", "off_t", "open", "opts", "out", "passwd", "pause",
    "perror", "pid_t", "pipe", "poll", "popen", "pow", "printf", "ptrdiff_t", "putc", "putchar",
    "puts", "qsort", "quick_exit", "rand", "random", "read", "readlink", "realloc", "received",
    "recv", "remainder", "remove", "rename", "reply", "request", "rewind", "rindex", "rint",
    "rmdir", "round", "scanf", "select", "send", "server", "setbuf", "setenv", "setvbuf",
    "shutdown", "sig_atomic_t", "sin", "sinh", "size_t", "sleep", "slot", "snprintf", "sockaddr",
    "socket", "sprintf", "sqrt", "srand", "sscanf", "ssize_t", "stat", "stpcpy", "strcat", "strchr",
    "strcmp", "strcoll", "strcpy", "strcspn", "strdup", "stream", "strerror", "strftime", "strlen",
    "strncat", "strncmp", "strncpy", "strpbrk", "strrchr", "strspn", "strstr", "strtod", "strtok",
    "strtol", "strtoul", "strxfrm", "swab", "symlink", "sync", "system", "tan", "tanh", "tgamma",
    "time", "time_t", "times", "timespec", "tm", "tmpfile", "tmpnam", "tolower", "toupper", "trunc",
    "truncate", "u_char", "u_int", "u_long", "u_short", "uid_t", "uint", "uint16_t", "uint32_t",
    "uint64_t", "uint8_t", "uintmax_t", "uintptr_t", "ulong", "umask", "ungetc", "unlink", "user",
    "ushort", "usleep", "utime", "va_list", "value", "vfork", "vfprintf", "vprintf", "vsnprintf",
    "vsprintf", "wait", "wint_t", "write", "y0", "y1", "yn",
};
/* clang-format on */

static int compare(const void *name, const void *word)
{
    return strcmp(name, *(const char *const *)word);
}

bool tn_gen_reserved_word(const char *name)
{
    return bsearch(name, words, sizeof(words) / sizeof(words[0]), sizeof(words[0]), compare);
}

bool tn_gen_reserved_global(const char *name)
{
    return tn_gen_reserved_word(name) ||
           bsearch(name, globals, sizeof(globals) / sizeof(globals[0]), sizeof(globals[0]),
                   compare);
}
