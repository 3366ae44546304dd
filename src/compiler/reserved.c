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
    "INT16_WIDTH", "INT32_MAX", "INT32_MIN", "INT32_WIDTH", "INT64_MAX", "INT64_MIN", "INT64_WIDTH",
    "INT8_MAX", "INT8_MIN", "INT8_WIDTH", "INTMAX_MAX", "INTMAX_MIN", "INTMAX_WIDTH", "INTPTR_MAX",
    "INTPTR_MIN", "INTPTR_WIDTH", "INT_FAST16_MAX", "INT_FAST16_MIN", "INT_FAST16_WIDTH",
    "INT_FAST32_MAX", "INT_FAST32_MIN", "INT_FAST32_WIDTH", "INT_FAST64_MAX", "INT_FAST64_MIN",
    "INT_FAST64_WIDTH", "INT_FAST8_MAX", "INT_FAST8_MIN", "INT_FAST8_WIDTH", "INT_LEAST16_MAX",
    "INT_LEAST16_MIN", "INT_LEAST16_WIDTH", "INT_LEAST32_MAX", "INT_LEAST32_MIN",
    "INT_LEAST32_WIDTH", "INT_LEAST64_MAX", "INT_LEAST64_MIN", "INT_LEAST64_WIDTH",
    "INT_LEAST8_MAX", "INT_LEAST8_MIN", "INT_LEAST8_WIDTH", "INT_MAX", "INT_MIN", "LDBL_EPSILON",
    "LDBL_MAX", "LDBL_MIN", "LITTLE_ENDIAN", "LLONG_MAX", "LLONG_MIN", "LONG_MAX", "LONG_MIN",
    "L_tmpnam", "MATH_ERREXCEPT", "MATH_ERRNO", "MB_CUR_MAX", "MB_LEN_MAX", "M_E", "M_PI",
    "NAME_MAX", "NAN", "NULL", "OVERFLOW", "PATH_MAX", "PDP_ENDIAN", "PLOSS", "PTRDIFF_MAX",
    "PTRDIFF_MIN", "PTRDIFF_WIDTH", "RAND_MAX", "SCHAR_MAX", "SCHAR_MIN", "SEEK_CUR", "SEEK_END",
    "SEEK_SET", "SHRT_MAX", "SHRT_MIN", "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT",
    "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF",
    "SIGQUIT", "SIGSEGV", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
    "SIG_ATOMIC_MAX", "SIG_ATOMIC_MIN", "SIG_ATOMIC_WIDTH", "SIG_DFL", "SIG_ERR", "SIG_IGN", "SING",
    "SIZE_MAX", "SIZE_WIDTH", "SSIZE_MAX", "TIME_UTC", "TLOSS", "TMP_MAX", "TRUE", "UCHAR_MAX",
    "UINT16_MAX", "UINT16_WIDTH", "UINT32_MAX", "UINT32_WIDTH", "UINT64_MAX", "UINT64_WIDTH",
    "UINT8_MAX", "UINT8_WIDTH", "UINTMAX_MAX", "UINTMAX_WIDTH", "UINTPTR_MAX", "UINTPTR_WIDTH",
    "UINT_FAST16_MAX", "UINT_FAST16_WIDTH", "UINT_FAST32_MAX", "UINT_FAST32_WIDTH",
    "UINT_FAST64_MAX", "UINT_FAST64_WIDTH", "UINT_FAST8_MAX", "UINT_FAST8_WIDTH",
    "UINT_LEAST16_MAX", "UINT_LEAST16_WIDTH", "UINT_LEAST32_MAX", "UINT_LEAST32_WIDTH",
    "UINT_LEAST64_MAX", "UINT_LEAST64_WIDTH", "UINT_LEAST8_MAX", "UINT_LEAST8_WIDTH", "UINT_MAX",
    "ULLONG_MAX", "ULONG_MAX", "UNDERFLOW", "USHRT_MAX", "WCHAR_MAX", "WCHAR_MIN", "WCHAR_WIDTH",
    "WINT_MAX", "WINT_MIN", "WINT_WIDTH", "alignas", "alignof", "alloca", "and", "and_eq", "asm",
    "assert", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "char16_t",
    "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "complex",
    "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue", "d_fileno",
    "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "environ",
    "errno", "explicit", "export", "extern", "false", "float", "for", "fpclassify", "friend",
    "goto", "h_addr", "h_errno", "htonl", "htons", "i386", "if", "ifr_addr", "ifr_name",
    "imaginary", "inline", "int", "isfinite", "isinf", "isnan", "isnormal", "linux", "long",
    "major", "makedev", "math_errhandling", "minor", "mutable", "namespace", "new", "noexcept",
    "noreturn", "not", "not_eq", "ntohl", "ntohs", "nullptr", "offsetof", "operator", "or", "or_eq",
    "private", "protected", "public", "raise", "register", "reinterpret_cast", "requires",
    "restrict", "return", "s6_addr", "s6_addr16", "s6_addr32", "s_addr", "s_host", "s_imp",
    "s_impno", "s_lh", "s_net", "sa_handler", "sa_sigaction", "sched_priority", "setjmp", "short",
    "si_addr", "si_addr_lsb", "si_arch", "si_band", "si_call_addr", "si_fd", "si_int", "si_lower",
    "si_overrun", "si_pid", "si_pkey", "si_ptr", "si_status", "si_stime", "si_syscall",
    "si_timerid", "si_uid", "si_upper", "si_utime", "si_value", "sigev_notify_attributes",
    "sigev_notify_function", "signal", "signbit", "signed", "sigsetjmp", "sizeof", "st_atime",
    "st_ctime", "st_mtime", "static", "static_assert", "static_cast", "stderr", "stdin", "stdout",
    "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "tx_status",
    "typedef", "typeid", "typename", "typeof", "typeof_unqual", "union", "unix", "unsigned",
    "using", "ut_name", "ut_time", "va_arg", "va_copy", "va_end", "va_start", "virtual", "void",
    "volatile", "wchar_t", "while", "xor", "xor_eq",
};
/* clang-format on */

/* Functions and types of libc, and what generated code calls members of its own, parameters and
 * variables: taken at file scope alone. */
/* clang-format off */
static const char *const globals[] = {
    "DIR", "FILE", "abort", "abs", "absent", "accept", "access", "acos", "addrinfo", "alarm",
    "aligned_alloc", "arena", "asctime", "asin", "atan", "atan2", "atexit", "atof", "atoi", "atol",
    "atoll", "bcmp", "bcopy", "bind", "bsearch", "bzero", "call", "calloc", "cap", "cbrt", "ceil",
    "channel", "chdir", "chmod", "chown", "clearerr", "clock", "clock_t", "close", "code",
    "connect", "copysign", "cos", "cosh", "creat", "ctime", "daemon", "dev_t", "difftime", "div",
    "div_t", "dup", "dup2", "element", "entry", "erf", "err", "execl", "execv", "execve", "exit",
    "exp", "exp2", "expm1", "fabs", "fclose", "fcntl", "fdim", "feof", "ferror", "fflush", "fgetc",
    "fgetpos", "fgets", "floor", "fma", "fmax", "fmin", "fmod", "fopen", "fork", "fpos_t",
    "fprintf", "fputc", "fputs", "fread", "free", "freopen", "frexp", "from", "fscanf", "fseek",
    "fsetpos", "fstat", "ftell", "fwrite", "gamma", "getc", "getchar", "getenv", "getopt", "getpid",
    "gets", "gid_t", "gmtime", "group", "handler", "handlers", "has_", "hostent", "hypot", "impl",
    "in", "index", "ino_t", "int16_t", "int32_t", "int64_t", "int8_t", "intmax_t", "intptr_t",
    "ioctl", "iovec", "isalnum", "isalpha", "isatty", "iscntrl", "isdigit", "isgraph", "islower",
    "isprint", "ispunct", "isspace", "isupper", "isxdigit", "j0", "j1", "jmp_buf", "jn", "key",
    "kill", "labs", "ldexp", "ldiv", "ldiv_t", "lgamma", "link", "list", "listen", "llabs", "lldiv",
    "lldiv_t", "localtime", "log", "log10", "log1p", "log2", "logb", "longjmp", "lseek", "lstat",
    "main", "malloc", "max_align_t", "memchr", "memcmp", "memcpy", "memmove", "memset", "message",
    "mkdir", "mktime", "mmap", "mode_t", "modf", "msg", "msghdr", "n", "nan", "nanosleep", "nice",
    "off_t", "open", "opts", "other", "out", "p", "passwd", "pause", "perror", "pid_t", "pipe",
    "poll", "popen", "pow", "printf", "ptrdiff_t", "putc", "putchar", "puts", "qsort", "quick_exit",
    "rand", "random", "read", "readlink", "realloc", "received", "recv", "remainder", "remove",
    "rename", "reply", "request", "rewind", "rindex", "rint", "rmdir", "round", "scanf", "select",
    "send", "server", "setbuf", "setenv", "setvbuf", "shutdown", "sig_atomic_t", "sin", "sinh",
    "size", "size_t", "sleep", "slot", "snprintf", "sockaddr", "socket", "sprintf", "sqrt", "srand",
    "sscanf", "ssize_t", "stat", "stpcpy", "strcat", "strchr", "strcmp", "strcoll", "strcpy",
    "strcspn", "strdup", "stream", "strerror", "strftime", "strlen", "strncat", "strncmp",
    "strncpy", "strpbrk", "strrchr", "strspn", "strstr", "strtod", "strtok", "strtol", "strtoul",
    "strxfrm", "swab", "symlink", "sync", "system", "tan", "tanh", "text", "tgamma", "time",
    "time_t", "times", "timespec", "tm", "tmpfile", "tmpnam", "tolower", "toupper", "trunc",
    "truncate", "u_char", "u_int", "u_long", "u_short", "uid_t", "uint", "uint16_t", "uint32_t",
    "uint64_t", "uint8_t", "uintmax_t", "uintptr_t", "ulong", "umask", "ungetc", "unknown_",
    "unlink", "user", "ushort", "usleep", "utime", "va_list", "value", "vfork", "vfprintf",
    "vprintf", "vsnprintf", "vsprintf", "wait", "which", "wint_t", "write", "y0", "y1", "yn",
};
/* clang-format on */

/*
 * `__x` and `_X` belong to compilers and their libraries, as keywords and macros of which there is no
 * list. An odd number of `_` at the end is not theirs: renaming gave it.
 */
static bool implementation_name(const char *name)
{
    if (name[0] != '_' || !(name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z')))
        return false;
    size_t n = strlen(name), behind = 0;
    while (behind < n && name[n - 1 - behind] == '_')
        behind++;
    return behind % 2 == 0;
}

static int compare(const void *name, const void *word)
{
    return strcmp(name, *(const char *const *)word);
}

bool tn_gen_reserved_word(const char *name)
{
    return implementation_name(name) ||
           bsearch(name, words, sizeof(words) / sizeof(words[0]), sizeof(words[0]), compare);
}

bool tn_gen_reserved_global(const char *name)
{
    return tn_gen_reserved_word(name) ||
           bsearch(name, globals, sizeof(globals) / sizeof(globals[0]), sizeof(globals[0]),
                   compare);
}
