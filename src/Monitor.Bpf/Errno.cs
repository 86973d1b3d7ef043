namespace Monitor.Bpf;

/// <summary>
/// Names of the error numbers of Linux (asm-generic: x86-64 and arm64 alike) and of libbpf's own above 4000.
/// </summary>
public static class Errno
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ENOSPC = 28;
    internal const int EINTR = 4;
    internal const int E2BIG = 7;
    internal const int EBADF = 9;
    internal const int EAGAIN = 11;
    internal const int ENOMEM = 12;
    internal const int EACCES = 13;
    internal const int EBUSY = 16;
    internal const int EEXIST = 17;
    internal const int ENODEV = 19;
    internal const int EINVAL = 22;
    internal const int EFBIG = 27;
    internal const int EOPNOTSUPP = 95;
    internal const int LibbpfFormat = 4001;

    // In the order of their numbers, from 1; 41 and 58 are not in use.
    private static readonly string[] Names =
    [
        "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN",
        "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR",
        "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE",
        "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", "", "ENOMSG",
        "EIDRM", "ECHRNG", "EL2NSYNC", "EL3HLT", "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI", "EL2HLT", "EBADE",
        "EBADR", "EXFULL", "ENOANO", "EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR", "ENODATA", "ETIME", "ENOSR",
        "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT", "ECOMM", "EPROTO", "EMULTIHOP", "EDOTDOT",
        "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC", "ELIBBAD", "ELIBSCN", "ELIBMAX",
        "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE",
        "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT",
        "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED",
        "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED",
        "EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM", "ENAVAIL", "EISNAM",
        "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE", "ECANCELED", "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED",
        "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE", "ERFKILL", "EHWPOISON",
    ];

    /// <summary>The name, such as "ECONNREFUSED"; "errno N" for a number without one.</summary>
    /// <param name="errno">Positive.</param>
    public static string Name(int errno) =>
        errno >= 1 && errno <= Names.Length && Names[errno - 1].Length > 0 ? Names[errno - 1] : errno switch
        {
            // Not for user space by intention, yet the BPF system call returns it.
            524 => "ENOTSUPP",
            4000 => "LIBBPF_ERRNO__LIBELF",
            4001 => "LIBBPF_ERRNO__FORMAT",
            4002 => "LIBBPF_ERRNO__KVERSION",
            4003 => "LIBBPF_ERRNO__ENDIAN",
            4004 => "LIBBPF_ERRNO__INTERNAL",
            4005 => "LIBBPF_ERRNO__RELOC",
            4006 => "LIBBPF_ERRNO__LOAD",
            4007 => "LIBBPF_ERRNO__VERIFY",
            4008 => "LIBBPF_ERRNO__PROG2BIG",
            4009 => "LIBBPF_ERRNO__KVER",
            4010 => "LIBBPF_ERRNO__PROGTYPE",
            _ => $"errno {errno}",
        };
}
