using System.Globalization;

namespace Monitor.Bpf.Kernel;

/// <summary>The effective capabilities of a process, as far as BPF cares (capabilities(7)).</summary>
public sealed class Capabilities
{
    private const int NetAdminBit = 12;
    private const int SysAdminBit = 21;
    private const int PerfmonBit = 38;
    private const int BpfBit = 39;

    private readonly ulong _effective;
    private readonly bool _kernelHasBpf;

    private Capabilities(ulong effective, bool kernelHasBpf)
    {
        _effective = effective;
        _kernelHasBpf = kernelHasBpf;
    }

    /// <summary>CAP_BPF: load programs, create maps. Kernel 5.8 and later.</summary>
    public bool Bpf => Has(BpfBit);

    /// <summary>CAP_PERFMON: tracing programs, perf rings. Kernel 5.8 and later.</summary>
    public bool Perfmon => Has(PerfmonBit);

    /// <summary>CAP_NET_ADMIN: attach to cgroups' network hooks and to devices.</summary>
    public bool NetAdmin => Has(NetAdminBit);

    /// <summary>CAP_SYS_ADMIN: everything; needed before 5.8.</summary>
    public bool SysAdmin => Has(SysAdminBit);

    /// <summary>Those of this process now.</summary>
    public static Capabilities OfThisProcess()
    {
        var last = 40;
        try
        {
            last = int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap"), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // A container that hides /proc/sys: assume a kernel of this decade.
        }

        return Parse(File.ReadLines("/proc/self/status"), kernelHasBpf: last >= BpfBit);
    }

    /// <summary>
    /// One sentence that names what monitoring needs and this process lacks, and how to get it; null where nothing is
    /// missing. The kernel may refuse all the same (lockdown, seccomp, a security module).
    /// </summary>
    public string? DescribeMissing()
    {
        if (SysAdmin)
        {
            return null;
        }

        if (!_kernelHasBpf)
        {
            return "This process lacks CAP_SYS_ADMIN, which kernels before 5.8 require for BPF: run it as root.";
        }

        var missing = new List<string>(3);
        if (!Bpf)
        {
            missing.Add("CAP_BPF");
        }

        if (!Perfmon)
        {
            missing.Add("CAP_PERFMON");
        }

        if (!NetAdmin)
        {
            missing.Add("CAP_NET_ADMIN");
        }

        if (missing.Count == 0)
        {
            return null;
        }

        var list = missing.Count == 1 ? missing[0] : $"{string.Join(", ", missing.SkipLast(1))} and {missing[^1]}";
        return $"This process lacks {list}: run it as root, or give it these capabilities "
            + "(systemd AmbientCapabilities=, container securityContext.capabilities.add).";
    }

    /// <summary>From the lines of /proc/PID/status; without a CapEff line nothing is effective.</summary>
    internal static Capabilities Parse(IEnumerable<string> statusLines, bool kernelHasBpf)
    {
        const string Key = "CapEff:";
        var line = statusLines.FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        var value = 0ul;
        if (line is not null)
        {
            _ = ulong.TryParse(line.AsSpan(Key.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        return new Capabilities(value, kernelHasBpf);
    }

    private bool Has(int bit) => (_effective >> bit & 1) != 0;
}
