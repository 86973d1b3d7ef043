namespace Monitor.Sandbox.Rights;

/// <summary>Capabilities by their numbers in linux/capability.h, those that are named in code.</summary>
public enum Capability
{
    /// <summary>To read files of other users, whatever their mode.</summary>
    DacReadSearch = 2,

    /// <summary>To change the capabilities that later images may have.</summary>
    SetPcap = 8,

    /// <summary>To listen at ports below 1024.</summary>
    NetBindService = 10,

    /// <summary>To attach programs to the hooks of cgroups and devices, among much else.</summary>
    NetAdmin = 12,

    /// <summary>To lock more memory than RLIMIT_MEMLOCK.</summary>
    IpcLock = 14,

    /// <summary>Much of what root may; for perf events where kernel.perf_event_paranoid is above 2.</summary>
    SysAdmin = 21,

    /// <summary>To set the priority of threads.</summary>
    SysNice = 23,

    /// <summary>To raise limits of resources, such as that of locked memory.</summary>
    SysResource = 24,

    /// <summary>To see addresses in the kernel.</summary>
    Syslog = 34,

    /// <summary>To trace: tracing programs, perf events of whole CPUs.</summary>
    Perfmon = 38,

    /// <summary>To load BPF programs and make maps.</summary>
    Bpf = 39,
}
