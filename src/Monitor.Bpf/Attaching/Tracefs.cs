namespace Monitor.Bpf.Attaching;

/// <summary>Where the kernel lists tracepoints; programs of type tracepoint and kprobe need it, raw_tp and tp_btf do not.</summary>
public static class Tracefs
{
    private static readonly string[] Candidates = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

    /// <summary>The mounted directory, or null.</summary>
    public static string? Find() => Candidates.FirstOrDefault(path => Directory.Exists($"{path}/events"));
}
