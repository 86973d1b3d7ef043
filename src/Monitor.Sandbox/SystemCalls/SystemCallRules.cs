namespace Monitor.Sandbox.SystemCalls;

/// <summary>What becomes of each system call.</summary>
/// <param name="options">What the program does besides serving.</param>
/// <param name="processId">Of the process itself.</param>
internal sealed class SystemCallRules(SystemCallOptions options, int processId)
{
    private const uint CloneThread = 0x10000;
    private const uint Inet = 2, Inet6 = 10, Netlink = 16;

    // Protocols of TCP and UDP, which are their numbers or 0, and of netlink those of addresses and of sockets. Not MPTCP, which Landlock
    // does not look at.
    private const uint Default = 0, SocketDiagnostics = 4, Tcp = 6, Udp = 17;

    // O_TRUNC: before Linux 6.2 Landlock lets whoever may read a file empty it.
    private const uint Truncate = 0x200;

    // MSG_FASTOPEN connects, and Landlock does not look at that either.
    private const uint FastOpen = 0x20000000;

    // PRIO_PROCESS.
    private const uint PriorityOfThread = 0;

    // What types into a terminal, as if its user did.
    private const uint TypeCharacter = 0x5412, ConsoleCommand = 0x541c;

    // Whom the kernel is to signal when a descriptor is ready, by which anybody could be: F_SETOWN, F_SETSIG, F_SETOWN_EX of fcntl,
    // FIOSETOWN and SIOCSPGRP of ioctl.
    private const uint SetOwner = 8, SetSignal = 10, SetOwnerExtended = 15, FileSetOwner = 0x8901, SocketSetOwner = 0x8902;

    // BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_OBJ_GET_INFO_BY_FD, BPF_MAP_LOOKUP_BATCH,
    // BPF_ITER_CREATE.
    private static readonly uint[] ReadingBpf = [1, 2, 3, 15, 24, 33];

    // And BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE.
    private static readonly uint[] AttachingBpf = [.. ReadingBpf, 17, 28];

    /// <summary>What becomes of a call that nobody knows, up to the last one that is known.</summary>
    public Verdict Unknown => options.RunsHelpers ? Verdict.Allow : Verdict.Refuse;

    /// <summary>And of later ones, which newer kernels and libraries have.</summary>
    public Verdict Later => options.RunsHelpers ? Verdict.Allow : Verdict.Missing;

    /// <summary>All that are known, each with what becomes of it, or the rule that says so.</summary>
    public IEnumerable<(SystemCall Call, Verdict Verdict, ArgumentRule? Rule)> All()
    {
        foreach (var call in SystemCallTable.Allowed)
        {
            yield return (call, Verdict.Allow, null);
        }

        foreach (var call in SystemCallTable.Checked)
        {
            yield return (call, Verdict.Allow, options.RunsHelpers && call.Name != "bpf" ? null : RuleOf(call));
        }

        foreach (var call in SystemCallTable.Missing)
        {
            yield return (call, Later, null);
        }

        foreach (var call in SystemCallTable.Database)
        {
            yield return (call, options.KeepsDatabase ? Verdict.Allow : Unknown, null);
        }

        foreach (var call in SystemCallTable.Tracing)
        {
            yield return (call, options.LoadsPrograms ? Verdict.Allow : Verdict.Refuse, null);
        }

        foreach (var call in SystemCallTable.Fatal)
        {
            // A helper may try what it can do without.
            var verdict = !options.RunsHelpers ? Verdict.Kill : call.Name is "execve" or "execveat" ? Verdict.Allow : Verdict.Refuse;
            yield return (call, verdict, null);
        }
    }

    private ArgumentRule? RuleOf(SystemCall call) => call.Name switch
    {
        // Threads, and no processes.
        "clone" => new ArgumentRule(0, ArgumentTest.HasBit, [CloneThread]),
        // No Unix sockets: by them root reaches what runs containers, systemd and D-Bus, and Landlock refuses none by its path. Nor
        // pairs, since one of datagrams can send to any path. The C library does without nscd and its like.
        "socket" or "socketpair" => new ArgumentRule(0, ArgumentTest.OneOf, [Inet, Inet6, Netlink], Verdict.NoSuchFamily,
            And: new ArgumentRule(2, ArgumentTest.OneOf, [Default, SocketDiagnostics, Tcp, Udp])),
        "open" => new ArgumentRule(1, ArgumentTest.HasNoBit, [Truncate]),
        "openat" => new ArgumentRule(2, ArgumentTest.HasNoBit, [Truncate]),
        "sendto" or "sendmmsg" => new ArgumentRule(3, ArgumentTest.HasNoBit, [FastOpen]),
        "sendmsg" => new ArgumentRule(2, ArgumentTest.HasNoBit, [FastOpen]),
        "ioctl" => new ArgumentRule(1, ArgumentTest.NoneOf, [TypeCharacter, ConsoleCommand, FileSetOwner, SocketSetOwner]),
        "fcntl" => new ArgumentRule(1, ArgumentTest.NoneOf, [SetOwner, SetSignal, SetOwnerExtended]),
        "kill" or "tgkill" => new ArgumentRule(0, ArgumentTest.OneOf, [(uint)processId]),
        // 0 is the calling thread. Numbers of threads to come are not known here.
        "sched_setscheduler" or "sched_setparam" or "sched_setaffinity" => new ArgumentRule(0, ArgumentTest.OneOf, [0]),
        // 0 is also the own group, and the own user with all its processes.
        "setpriority" => new ArgumentRule(0, ArgumentTest.OneOf, [PriorityOfThread], And: new ArgumentRule(1, ArgumentTest.OneOf, [0])),
        "prlimit64" => new ArgumentRule(0, ArgumentTest.OneOf, [0, (uint)processId]),
        "bpf" when options.LoadsPrograms => null,
        "bpf" when options.AttachesPrograms => new ArgumentRule(0, ArgumentTest.OneOf, AttachingBpf),
        "bpf" when options.ReadsPrograms => new ArgumentRule(0, ArgumentTest.OneOf, ReadingBpf),
        _ => new ArgumentRule(0, ArgumentTest.OneOf, []),
    };
}
