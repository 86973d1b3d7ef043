namespace Monitor.Sandbox.SystemCalls;

/// <summary>
/// The system calls that the filter knows, by what becomes of them; all others fail. Numbers are those of
/// asm/unistd_64.h and asm-generic/unistd.h, with which a test compares them.
/// </summary>
internal static class SystemCallTable
{
    private const int None = SystemCall.None;

    /// <summary>What the runtime, the C library, OpenSSL and both programs use.</summary>
    public static readonly SystemCall[] Allowed =
    [
        new("read", 0, 63), new("write", 1, 64), new("close", 3, 57), new("stat", 4, None), new("fstat", 5, 80),
        new("lstat", 6, None), new("newfstatat", 262, 79), new("statx", 332, 291), new("poll", 7, None),
        new("ppoll", 271, 73), new("select", 23, None), new("pselect6", 270, 72), new("lseek", 8, 62),
        new("mmap", 9, 222), new("mprotect", 10, 226), new("munmap", 11, 215), new("brk", 12, 214),
        new("mremap", 25, 216), new("msync", 26, 227), new("mincore", 27, 232), new("madvise", 28, 233),
        new("mlock", 149, 228), new("mlock2", 325, 284), new("munlock", 150, 229), new("rt_sigaction", 13, 134),
        new("rt_sigprocmask", 14, 135), new("rt_sigreturn", 15, 139), new("rt_sigtimedwait", 128, 137),
        new("rt_sigsuspend", 130, 133), new("rt_sigpending", 127, 136), new("sigaltstack", 131, 132),
        new("restart_syscall", 219, 128), new("pause", 34, None), new("pread64", 17, 67), new("pwrite64", 18, 68),
        new("readv", 19, 65), new("writev", 20, 66), new("preadv", 295, 69), new("pwritev", 296, 70),
        new("preadv2", 327, 286), new("pwritev2", 328, 287), new("sendfile", 40, 71), new("access", 21, None),
        new("faccessat", 269, 48), new("faccessat2", 439, 439), new("pipe", 22, None), new("pipe2", 293, 59),
        new("dup", 32, 23), new("dup2", 33, None), new("dup3", 292, 24), new("flock", 73, 32),
        new("fsync", 74, 82), new("fdatasync", 75, 83), new("ftruncate", 77, 46),
        new("close_range", 436, 436), new("getdents", 78, None),
        new("getdents64", 217, 61), new("getcwd", 79, 17), new("readlink", 89, None), new("readlinkat", 267, 78),
        new("statfs", 137, 43), new("fstatfs", 138, 44), new("fadvise64", 221, 223), new("unlink", 87, None),
        new("unlinkat", 263, 35), new("sched_yield", 24, 124), new("nanosleep", 35, 101),
        new("clock_nanosleep", 230, 115), new("clock_gettime", 228, 113), new("clock_getres", 229, 114),
        new("gettimeofday", 96, 169), new("time", 201, None), new("times", 100, 153), new("connect", 42, 203),
        new("accept", 43, 202), new("accept4", 288, 242), new("recvfrom", 45, 207),
        new("recvmsg", 47, 212), new("recvmmsg", 299, 243),
        new("shutdown", 48, 210), new("bind", 49, 200), new("listen", 50, 201), new("getsockname", 51, 204),
        new("getpeername", 52, 205), new("setsockopt", 54, 208), new("getsockopt", 55, 209), new("exit", 60, 93),
        new("exit_group", 231, 94), new("wait4", 61, 260), new("waitid", 247, 95), new("futex", 202, 98),
        new("set_tid_address", 218, 96), new("set_robust_list", 273, 99), new("get_robust_list", 274, 100),
        new("rseq", 334, 293), new("membarrier", 324, 283), new("gettid", 186, 178), new("getpid", 39, 172),
        new("getppid", 110, 173), new("getpgrp", 111, None), new("getpgid", 121, 155), new("getsid", 124, 156),
        new("getuid", 102, 174), new("geteuid", 107, 175), new("getgid", 104, 176), new("getegid", 108, 177),
        new("getresuid", 118, 148), new("getresgid", 120, 150), new("getgroups", 115, 158), new("capget", 125, 90),
        new("uname", 63, 160), new("sysinfo", 99, 179), new("getrlimit", 97, 163), new("getrusage", 98, 165),
        new("getcpu", 309, 168), new("getrandom", 318, 278), new("memfd_create", 319, 279), new("prctl", 157, 167),
        new("arch_prctl", 158, None), new("getpriority", 140, 141),
        new("sched_getparam", 143, 121), new("sched_getscheduler", 145, 120), new("sched_get_priority_max", 146, 125),
        new("sched_get_priority_min", 147, 126), new("sched_getaffinity", 204, 123), new("get_mempolicy", 239, 236), new("set_mempolicy", 238, 237),
        new("mbind", 237, 235), new("epoll_create", 213, None), new("epoll_create1", 291, 20),
        new("epoll_ctl", 233, 21), new("epoll_wait", 232, None), new("epoll_pwait", 281, 22),
        new("epoll_pwait2", 441, 441), new("eventfd", 284, None), new("eventfd2", 290, 19),
        new("inotify_init", 253, None), new("inotify_init1", 294, 26), new("inotify_add_watch", 254, 27),
        new("inotify_rm_watch", 255, 28), new("timerfd_create", 283, 85), new("timerfd_settime", 286, 86),
        new("timerfd_gettime", 287, 87),
    ];

    /// <summary>Allowed with some arguments only; see <see cref="SystemCallRules"/>.</summary>
    public static readonly SystemCall[] Checked =
    [
        new("clone", 56, 220), new("socket", 41, 198), new("socketpair", 53, 199), new("ioctl", 16, 29),
        new("fcntl", 72, 25), new("kill", 62, 129), new("tgkill", 234, 131), new("prlimit64", 302, 261),
        new("setpriority", 141, 140), new("sched_setparam", 142, 118), new("sched_setscheduler", 144, 119),
        new("sched_setaffinity", 203, 122), new("bpf", 321, 280), new("sendto", 44, 206), new("sendmsg", 46, 211),
        new("sendmmsg", 307, 269), new("open", 2, None), new("openat", 257, 56),
    ];

    /// <summary>Its arguments are in memory, which a filter cannot see. The C library falls back to clone.</summary>
    public static readonly SystemCall[] Missing =
    [
        new("clone3", 435, 435), new("openat2", 437, 437),
    ];

    /// <summary>What a database does with its files. It makes them with their mode, and goes on where it may not change that:
    /// whoever may change that of one file may of all that it can open, for Landlock leaves modes and owners alone.</summary>
    public static readonly SystemCall[] Database =
    [
        new("rename", 82, None), new("renameat", 264, 38), new("renameat2", 316, 276), new("fallocate", 285, 47),
    ];

    /// <summary>Rings of CPUs that come online take it.</summary>
    public static readonly SystemCall[] Tracing =
    [
        new("perf_event_open", 298, 241),
    ];

    /// <summary>What neither program ever does, and somebody who took one over would try next.</summary>
    public static readonly SystemCall[] Fatal =
    [
        new("execve", 59, 221), new("execveat", 322, 281), new("ptrace", 101, 117), new("process_vm_readv", 310, 270),
        new("process_vm_writev", 311, 271), new("process_madvise", 440, 440), new("pidfd_getfd", 438, 438),
        new("kcmp", 312, 272), new("kexec_load", 246, 104), new("kexec_file_load", 320, 294),
        new("init_module", 175, 105), new("finit_module", 313, 273), new("delete_module", 176, 106),
        new("reboot", 169, 142), new("swapon", 167, 224), new("swapoff", 168, 225), new("acct", 163, 89),
        new("quotactl", 179, 60), new("quotactl_fd", 443, 443), new("mount", 165, 40), new("umount2", 166, 39),
        new("move_mount", 429, 429), new("open_tree", 428, 428), new("mount_setattr", 442, 442),
        new("fsopen", 430, 430), new("fsmount", 432, 432), new("fsconfig", 431, 431), new("fspick", 433, 433),
        new("pivot_root", 155, 41), new("chroot", 161, 51), new("setns", 308, 268), new("unshare", 272, 97),
        new("open_by_handle_at", 304, 265), new("userfaultfd", 323, 282), new("io_uring_setup", 425, 425),
        new("io_uring_enter", 426, 426), new("io_uring_register", 427, 427), new("keyctl", 250, 219),
        new("add_key", 248, 217), new("request_key", 249, 218), new("iopl", 172, None), new("ioperm", 173, None),
        new("modify_ldt", 154, None), new("settimeofday", 164, 170), new("clock_settime", 227, 112),
        new("adjtimex", 159, 171), new("clock_adjtime", 305, 266), new("sethostname", 170, 161),
        new("setdomainname", 171, 162), new("lookup_dcookie", 212, 18),
    ];
}
