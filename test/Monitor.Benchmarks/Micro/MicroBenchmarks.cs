using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Monitor.Benchmarks.Machine;
using Perfolizer.Horology;

namespace Monitor.Benchmarks.Micro;

/// <summary>The parts of an event's way, one by one. For comparing two versions of one of them; nothing is required.</summary>
internal static class MicroBenchmarks
{
    private static readonly (string Name, Type Type)[] All =
    [
        ("drain", typeof(DrainBenchmarks)),
        ("decode", typeof(DecodeBenchmarks)),
        ("append", typeof(AppendBenchmarks)),
        ("parse", typeof(ParseBenchmarks)),
        ("cursor", typeof(CursorBenchmarks)),
        ("count", typeof(CountBenchmarks)),
        ("query", typeof(QueryBenchmarks)),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(benchmark => benchmark.Name)];

    /// <summary>Runs those of the names and prints a table.</summary>
    public static void Run(IReadOnlyCollection<string> names)
    {
        // In this process: the default builds a project for each class, which takes longer than to measure it.
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithClock(new CpuClock())
            .WithWarmupCount(3).WithIterationCount(8).WithIterationTime(TimeInterval.FromMilliseconds(200));
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile)
            .WithArtifactsPath(Path.Combine(Artifacts.Folder, "benchmarks"));
        Console.Error.WriteLine($"measuring {string.Join(", ", names)} ...");
        var types = All.Where(benchmark => names.Contains(benchmark.Name)).Select(benchmark => benchmark.Type).ToArray();
        foreach (var summary in BenchmarkRunner.Run(types, config))
        {
            MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Default);
            Console.WriteLine();
            foreach (var error in summary.ValidationErrors.Where(error => error.IsCritical))
            {
                Console.Error.WriteLine(error.Message);
            }
        }
    }
}
