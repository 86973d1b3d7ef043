using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf;

/// <summary>What the kernel counts about a loaded program.</summary>
/// <param name="Id">The kernel's number of the program, as bpftool shows it.</param>
/// <param name="RunCount">
/// How often it ran. Counted only while <see cref="BpfStatisticsSwitch.IsEnabled"/>; 0 on kernels before 5.1.
/// </param>
/// <param name="RunTimeNanoseconds">For how long in total; counted only as above.</param>
/// <param name="MemoryBytes">Kernel memory of the program itself, without its maps.</param>
public readonly record struct BpfProgramStatistics(uint Id, ulong RunCount, ulong RunTimeNanoseconds, long MemoryBytes)
{
    internal static BpfProgramStatistics Read(FileDescriptorHandle descriptor, string name)
    {
        var info = Ask(descriptor, name);
        return new BpfProgramStatistics(info.Id, info.RunCnt, info.RunTimeNs, DescriptorInfo.MemoryBytes(descriptor));
    }

    internal static unsafe BpfProgInfo Ask(FileDescriptorHandle descriptor, string name)
    {
        var info = default(BpfProgInfo);
        var length = (uint)sizeof(BpfProgInfo);
        BpfException.ThrowIfNegative(
            Libbpf.bpf_obj_get_info_by_fd(descriptor, &info, &length), "asking the kernel about program", name);
        return info;
    }
}
