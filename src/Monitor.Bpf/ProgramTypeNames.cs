namespace Monitor.Bpf;

/// <summary>Words for program types, as documentation of BPF uses them.</summary>
internal static class ProgramTypeNames
{
    internal static string Describe(BpfProgramType type, BpfAttachType attachType) => type switch
    {
        BpfProgramType.Tracepoint => "tracepoint",
        BpfProgramType.RawTracepoint or BpfProgramType.RawTracepointWritable => "raw tracepoint",
        BpfProgramType.Tracing => attachType switch
        {
            BpfAttachType.TraceRawTracepoint => "BTF tracepoint",
            BpfAttachType.TraceFentry => "fentry",
            BpfAttachType.TraceFexit => "fexit",
            BpfAttachType.TraceIterator => "iterator",
            _ => "tracing",
        },
        BpfProgramType.CgroupSockAddr => "cgroup socket address",
        BpfProgramType.CgroupSock => "cgroup socket",
        BpfProgramType.CgroupSkb => "cgroup packet",
        BpfProgramType.SockOps => "socket operations",
        BpfProgramType.Kprobe => "kprobe",
        BpfProgramType.SocketFilter => "socket filter",
        BpfProgramType.SchedCls => "traffic control",
        BpfProgramType.Xdp => "XDP",
        BpfProgramType.PerfEvent => "perf event",
        BpfProgramType.Lsm => "LSM",
        _ => type.ToString(),
    };
}
