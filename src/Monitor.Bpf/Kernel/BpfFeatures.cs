using Monitor.Bpf.Interop;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Kernel;

/// <summary>
/// Asks the kernel what it can do, by trying; never by its version. Each question loads a tiny program: ask once and
/// keep the answer.
/// </summary>
public static class BpfFeatures
{
    /// <summary>Number of CPUs that the kernel may ever have: the length of per-CPU values.</summary>
    /// <exception cref="IOException">/sys is not readable.</exception>
    public static int PossibleCpus { get; } = CpuList.Possible().Length;

    /// <summary>Whether programs of that type may call a helper.</summary>
    /// <param name="type">
    /// One that libbpf can load by itself: not tracing, extension, LSM or struct_ops, which need a target (EOPNOTSUPP).
    /// </param>
    /// <param name="helper">Its number, enum bpf_func_id of linux/bpf.h.</param>
    /// <exception cref="BpfException">It cannot be told.</exception>
    public static bool HasHelper(BpfProgramType type, int helper)
    {
        Libbpf.Initialize();
        using var capture = LibbpfMessages.Capture();
        return BpfException.ThrowIfNegative(
            Libbpf.libbpf_probe_bpf_helper(type, helper, 0), "probing helper", $"{helper} for {type}") == 1;
    }
}
