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
    "AF_INET", "AF_INET6", "AF_LOCAL", "AF_NETLINK", "AF_PACKET", "AF_UNIX", "AF_UNSPEC",
    "AF_VSOCK", "ATOMIC_FLAG_INIT", "BIG_ENDIAN", "BOOL_MAX", "BOOL_WIDTH", "BUFSIZ", "BYTE_ORDER",
    "CHAR_BIT", "CHAR_MAX", "CHAR_MIN", "CHAR_WIDTH", "CLOCKS_PER_SEC", "CLOCK_BOOTTIME",
    "CLOCK_BOOTTIME_ALARM", "CLOCK_MONOTONIC", "CLOCK_MONOTONIC_COARSE", "CLOCK_MONOTONIC_RAW",
    "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_REALTIME", "CLOCK_REALTIME_ALARM", "CLOCK_REALTIME_COARSE",
    "CLOCK_TAI", "CLOCK_THREAD_CPUTIME_ID", "DBL_DECIMAL_DIG", "DBL_DIG", "DBL_EPSILON",
    "DBL_MANT_DIG", "DBL_MAX", "DBL_MAX_10_EXP", "DBL_MAX_EXP", "DBL_MIN", "DBL_MIN_10_EXP",
    "DBL_MIN_EXP", "DBL_TRUE_MIN", "DECIMAL_DIG", "DELAYTIMER_MAX", "DOMAIN", "E2BIG", "EACCES",
    "EADDRINUSE", "EADDRNOTAVAIL", "EADV", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF", "EBADMSG",
    "EBUSY", "ECANCELED", "ECHILD", "ECHRNG", "ECOMM", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET",
    "EDEADLK", "EDEADLOCK", "EDESTADDRREQ", "EDOM", "EDOTDOT", "EDQUOT", "EEXIST", "EFAULT",
    "EFBIG", "EHOSTDOWN", "EHOSTUNREACH", "EHWPOISON", "EIDRM", "EILSEQ", "EINPROGRESS", "EINTR",
    "EINVAL", "EIO", "EISCONN", "EISDIR", "EISNAM", "ELNRNG", "ELOOP", "EMEDIUMTYPE", "EMFILE",
    "EMLINK", "EMSGSIZE", "EMULTIHOP", "ENAMETOOLONG", "ENETDOWN", "ENETRESET", "ENETUNREACH",
    "ENFILE", "ENOBUFS", "ENODATA", "ENODEV", "ENOENT", "ENOEXEC", "ENOKEY", "ENOLCK", "ENOLINK",
    "ENOMEDIUM", "ENOMEM", "ENOMSG", "ENONET", "ENOPKG", "ENOPROTOOPT", "ENOSPC", "ENOSR", "ENOSTR",
    "ENOSYS", "ENOTBLK", "ENOTCONN", "ENOTDIR", "ENOTEMPTY", "ENOTNAM", "ENOTRECOVERABLE",
    "ENOTSOCK", "ENOTSUP", "ENOTTY", "ENOTUNIQ", "ENXIO", "EOF", "EOPNOTSUPP", "EOVERFLOW",
    "EOWNERDEAD", "EPERM", "EPFNOSUPPORT", "EPIPE", "EPROTO", "EPROTONOSUPPORT", "EPROTOTYPE",
    "ERANGE", "EROFS", "ESHUTDOWN", "ESOCKTNOSUPPORT", "ESPIPE", "ESRCH", "ESRMNT", "ESTALE",
    "ESTRPIPE", "ETIME", "ETIMEDOUT", "ETOOMANYREFS", "ETXTBSY", "EUSERS", "EWOULDBLOCK", "EXDEV",
    "EXIT_FAILURE", "EXIT_SUCCESS", "FALSE", "FD_SETSIZE", "FE_ALL_EXCEPT", "FE_DFL_ENV",
    "FE_DFL_MODE", "FE_DIVBYZERO", "FE_DOWNWARD", "FE_INEXACT", "FE_INVALID", "FE_NOMASK_ENV",
    "FE_OVERFLOW", "FE_TONEAREST", "FE_TOWARDZERO", "FE_UNDERFLOW", "FE_UPWARD", "FILENAME_MAX",
    "FLT_DECIMAL_DIG", "FLT_DIG", "FLT_EPSILON", "FLT_EVAL_METHOD", "FLT_MANT_DIG", "FLT_MAX",
    "FLT_MAX_10_EXP", "FLT_MAX_EXP", "FLT_MIN", "FLT_MIN_10_EXP", "FLT_MIN_EXP", "FLT_RADIX",
    "FLT_ROUNDS", "FLT_TRUE_MIN", "FOPEN_MAX", "FP_INFINITE", "FP_NAN", "FP_NORMAL", "FP_SUBNORMAL",
    "FP_ZERO", "F_LOCK", "F_OK", "F_TEST", "F_TLOCK", "F_ULOCK", "HOST_NAME_MAX", "HOST_NOT_FOUND",
    "HUGE_VAL", "HUGE_VALF", "HUGE_VALL", "I", "INADDR_ANY", "INADDR_BROADCAST", "INADDR_LOOPBACK",
    "INADDR_NONE", "INFINITY", "INT16_MAX", "INT16_MIN", "INT16_WIDTH", "INT32_MAX", "INT32_MIN",
    "INT32_WIDTH", "INT64_MAX", "INT64_MIN", "INT64_WIDTH", "INT8_MAX", "INT8_MIN", "INT8_WIDTH",
    "INTMAX_MAX", "INTMAX_MIN", "INTMAX_WIDTH", "INTPTR_MAX", "INTPTR_MIN", "INTPTR_WIDTH",
    "INT_FAST16_MAX", "INT_FAST16_MIN", "INT_FAST16_WIDTH", "INT_FAST32_MAX", "INT_FAST32_MIN",
    "INT_FAST32_WIDTH", "INT_FAST64_MAX", "INT_FAST64_MIN", "INT_FAST64_WIDTH", "INT_FAST8_MAX",
    "INT_FAST8_MIN", "INT_FAST8_WIDTH", "INT_LEAST16_MAX", "INT_LEAST16_MIN", "INT_LEAST16_WIDTH",
    "INT_LEAST32_MAX", "INT_LEAST32_MIN", "INT_LEAST32_WIDTH", "INT_LEAST64_MAX", "INT_LEAST64_MIN",
    "INT_LEAST64_WIDTH", "INT_LEAST8_MAX", "INT_LEAST8_MIN", "INT_LEAST8_WIDTH", "INT_MAX",
    "INT_MIN", "INT_WIDTH", "IOV_MAX", "IPPROTO_AH", "IPPROTO_ESP", "IPPROTO_GRE", "IPPROTO_ICMP",
    "IPPROTO_IP", "IPPROTO_IPV6", "IPPROTO_NONE", "IPPROTO_RAW", "IPPROTO_SCTP", "IPPROTO_TCP",
    "IPPROTO_UDP", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_GLOBAL_LOCALE", "LC_MESSAGES",
    "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "LDBL_DECIMAL_DIG", "LDBL_DIG", "LDBL_EPSILON",
    "LDBL_MANT_DIG", "LDBL_MAX", "LDBL_MAX_10_EXP", "LDBL_MAX_EXP", "LDBL_MIN", "LDBL_MIN_10_EXP",
    "LDBL_MIN_EXP", "LDBL_TRUE_MIN", "LINE_MAX", "LITTLE_ENDIAN", "LLONG_MAX", "LLONG_MIN",
    "LLONG_WIDTH", "LOCK_EX", "LOCK_NB", "LOCK_READ", "LOCK_RW", "LOCK_SH", "LOCK_UN", "LOCK_WRITE",
    "LOGIN_NAME_MAX", "LOG_ALERT", "LOG_AUTH", "LOG_CONS", "LOG_CRIT", "LOG_CRON", "LOG_DAEMON",
    "LOG_DEBUG", "LOG_EMERG", "LOG_ERR", "LOG_INFO", "LOG_KERN", "LOG_MAIL", "LOG_NEWS",
    "LOG_NOTICE", "LOG_PID", "LOG_USER", "LOG_WARNING", "LONG_BIT", "LONG_LONG_MAX",
    "LONG_LONG_MIN", "LONG_MAX", "LONG_MIN", "LONG_WIDTH", "L_tmpnam", "MAP_ANONYMOUS",
    "MAP_FAILED", "MAP_FILE", "MAP_FIXED", "MAP_LOCKED", "MAP_PRIVATE", "MAP_SHARED",
    "MATH_ERREXCEPT", "MATH_ERRNO", "MAXFLOAT", "MAX_CANON", "MAX_INPUT", "MB_CUR_MAX",
    "MB_LEN_MAX", "MSG_DONTWAIT", "MSG_EOR", "MSG_MORE", "MSG_OOB", "MSG_PEEK", "MSG_WAITALL",
    "M_E", "M_LN10", "M_LN2", "M_LOG10E", "M_LOG2E", "M_PI", "M_PI_2", "M_PI_4", "M_SQRT2",
    "NAME_MAX", "NAN", "NFDBITS", "NGREG", "NGROUPS_MAX", "NO_ADDRESS", "NO_DATA", "NO_RECOVERY",
    "NSIG", "NULL", "NZERO", "OVERFLOW", "O_APPEND", "O_CREAT", "O_DIRECT", "O_EXCL", "O_RDONLY",
    "O_RDWR", "O_SYNC", "O_TRUNC", "O_WRONLY", "PATH_MAX", "PDP_ENDIAN", "PIPE_BUF", "PLOSS",
    "POLLERR", "POLLHUP", "POLLIN", "POLLNVAL", "POLLOUT", "POLLPRI", "POLL_ERR", "POLL_HUP",
    "POLL_IN", "POLL_MSG", "POLL_OUT", "POLL_PRI", "PROT_EXEC", "PROT_NONE", "PROT_READ",
    "PROT_WRITE", "PTRDIFF_MAX", "PTRDIFF_MIN", "PTRDIFF_WIDTH", "P_tmpdir", "RAND_MAX", "R_OK",
    "SA_INTERRUPT", "SA_NOCLDSTOP", "SA_NOCLDWAIT", "SA_NODEFER", "SA_NOMASK", "SA_ONESHOT",
    "SA_ONSTACK", "SA_RESETHAND", "SA_RESTART", "SA_SIGINFO", "SA_STACK", "SCHAR_MAX", "SCHAR_MIN",
    "SCHAR_WIDTH", "SEEK_CUR", "SEEK_DATA", "SEEK_END", "SEEK_HOLE", "SEEK_SET", "SEM_VALUE_MAX",
    "SHRT_MAX", "SHRT_MIN", "SHRT_WIDTH", "SHUT_RD", "SHUT_RDWR", "SHUT_WR", "SIGABRT", "SIGALRM",
    "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO",
    "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX",
    "SIGRTMIN", "SIGSEGV", "SIGSTKFLT", "SIGSTKSZ", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP",
    "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH",
    "SIGXCPU", "SIGXFSZ", "SIG_ATOMIC_MAX", "SIG_ATOMIC_MIN", "SIG_ATOMIC_WIDTH", "SIG_BLOCK",
    "SIG_DFL", "SIG_ERR", "SIG_HOLD", "SIG_IGN", "SIG_SETMASK", "SIG_UNBLOCK", "SING", "SIZE_MAX",
    "SIZE_WIDTH", "SOCK_CLOEXEC", "SOCK_DGRAM", "SOCK_NONBLOCK", "SOCK_RAW", "SOCK_SEQPACKET",
    "SOCK_STREAM", "SSIZE_MAX", "SS_DISABLE", "SS_ONSTACK", "STDERR_FILENO", "STDIN_FILENO",
    "STDOUT_FILENO", "TIMER_ABSTIME", "TIME_UTC", "TLOSS", "TMP_MAX", "TRUE", "TRY_AGAIN",
    "TTY_NAME_MAX", "UCHAR_MAX", "UCHAR_WIDTH", "UINT16_MAX", "UINT16_WIDTH", "UINT32_MAX",
    "UINT32_WIDTH", "UINT64_MAX", "UINT64_WIDTH", "UINT8_MAX", "UINT8_WIDTH", "UINTMAX_MAX",
    "UINTMAX_WIDTH", "UINTPTR_MAX", "UINTPTR_WIDTH", "UINT_FAST16_MAX", "UINT_FAST16_WIDTH",
    "UINT_FAST32_MAX", "UINT_FAST32_WIDTH", "UINT_FAST64_MAX", "UINT_FAST64_WIDTH",
    "UINT_FAST8_MAX", "UINT_FAST8_WIDTH", "UINT_LEAST16_MAX", "UINT_LEAST16_WIDTH",
    "UINT_LEAST32_MAX", "UINT_LEAST32_WIDTH", "UINT_LEAST64_MAX", "UINT_LEAST64_WIDTH",
    "UINT_LEAST8_MAX", "UINT_LEAST8_WIDTH", "UINT_MAX", "UINT_WIDTH", "ULLONG_MAX", "ULLONG_WIDTH",
    "ULONG_LONG_MAX", "ULONG_MAX", "ULONG_WIDTH", "UNDERFLOW", "USHRT_MAX", "USHRT_WIDTH",
    "WCHAR_MAX", "WCHAR_MIN", "WCHAR_WIDTH", "WCONTINUED", "WEOF", "WEXITED", "WINT_MAX",
    "WINT_MIN", "WINT_WIDTH", "WNOHANG", "WNOWAIT", "WORD_BIT", "WSTOPPED", "WUNTRACED", "W_OK",
    "X_OK", "alignas", "alignof", "alloca", "and", "and_eq", "asm", "assert", "auto", "bitand",
    "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class",
    "co_await", "co_return", "co_yield", "compl", "complex", "concept", "const", "const_cast",
    "consteval", "constexpr", "constinit", "continue", "d_fileno", "decltype", "default", "delete",
    "do", "double", "dynamic_cast", "else", "enum", "environ", "errno", "explicit", "export",
    "extern", "false", "float", "for", "fpclassify", "friend", "goto", "h_addr", "h_errno", "htonl",
    "htons", "i386", "if", "ifr_addr", "ifr_name", "imaginary", "inline", "int", "isfinite",
    "isinf", "isnan", "isnormal", "linux", "long", "major", "makedev", "math_errhandling", "minor",
    "mutable", "namespace", "new", "noexcept", "noreturn", "not", "not_eq", "ntohl", "ntohs",
    "nullptr", "offsetof", "operator", "or", "or_eq", "private", "protected", "public", "raise",
    "register", "reinterpret_cast", "requires", "restrict", "return", "s6_addr", "s6_addr16",
    "s6_addr32", "s_addr", "s_host", "s_imp", "s_impno", "s_lh", "s_net", "sa_handler",
    "sa_sigaction", "sched_priority", "setjmp", "short", "si_addr", "si_addr_lsb", "si_arch",
    "si_band", "si_call_addr", "si_fd", "si_int", "si_lower", "si_overrun", "si_pid", "si_pkey",
    "si_ptr", "si_status", "si_stime", "si_syscall", "si_timerid", "si_uid", "si_upper", "si_utime",
    "si_value", "sigev_notify_attributes", "sigev_notify_function", "signal", "signbit", "signed",
    "sigsetjmp", "sizeof", "st_atime", "st_ctime", "st_mtime", "static", "static_assert",
    "static_cast", "stderr", "stdin", "stdout", "struct", "switch", "template", "this",
    "thread_local", "throw", "true", "try", "tx_status", "typedef", "typeid", "typename", "typeof",
    "typeof_unqual", "union", "unix", "unsigned", "using", "ut_name", "ut_time", "va_arg",
    "va_copy", "va_end", "va_start", "virtual", "void", "volatile", "wchar_t", "while", "xor",
    "xor_eq",
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
