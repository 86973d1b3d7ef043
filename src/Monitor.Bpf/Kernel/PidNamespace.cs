namespace Monitor.Bpf.Kernel;

/// <summary>The pid namespace of this process (pid_namespaces(7)).</summary>
public static class PidNamespace
{
    // PROC_PID_INIT_INO of include/linux/proc_ns.h.
    private const ulong InitialInode = 0xeffffffc;

    /// <summary>
    /// Whether it is that of the machine, whose numbers BPF programs see. In another, as in most containers, this process
    /// does not know its own number there.
    /// </summary>
    public static bool IsInitial => Inode.Of("/proc/self/ns/pid") is null or InitialInode;
}
