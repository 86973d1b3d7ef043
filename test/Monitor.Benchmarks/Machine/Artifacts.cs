namespace Monitor.Benchmarks.Machine;

/// <summary>Where <c>build.sh</c> puts what is run here. This assembly is in dotnet/bin/Monitor.Benchmarks/release.</summary>
internal static class Artifacts
{
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));

    /// <summary>The repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Folder, ".."));

    public static string Agent => Existing("bin/monitor-agent");

    public static string Aggregator => Existing("bin/monitor-aggregator");

    public static string Storm => Existing("bench/storm");

    public static string Gaps => Existing("bench/gaps");

    public static string Count => Existing("bench/count");

    /// <summary>chDB, which npm installs.</summary>
    public static string ChDb => Path.GetDirectoryName(Existing("tools/node_modules/chdb/package.json"))!;

    /// <summary>The compiled monitor of bpf/own_connects.bpf.c.</summary>
    public static string OwnMonitor => Existing("bench/own_connects.bpf.o");

    /// <summary>The compiled BPF object of a monitor.</summary>
    public static string BpfObject(string monitor) => Existing($"bpf/{monitor}.bpf.o");

    private static string Existing(string name)
    {
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? path : throw new BenchmarkException($"{path} does not exist; run this by ./build.sh bench");
    }
}
