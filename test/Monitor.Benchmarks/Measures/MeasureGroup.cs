using System.Diagnostics;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>Measures of one thing, by which they are called on the command line together.</summary>
/// <param name="Name">What the group is called.</param>
/// <param name="LoadsBpf">Whether it needs root.</param>
/// <param name="Measures">What is measured, in this order.</param>
internal sealed record MeasureGroup(string Name, bool LoadsBpf, IReadOnlyList<Measure> Measures)
{
    /// <summary>All groups.</summary>
    public static IReadOnlyList<MeasureGroup> All { get; } =
    [
        new(
            "system",
            LoadsBpf: true,
            [
                new AddedTime(), new TcpCycle(), new WorkloadLoss(), new CpuPerEvent(), new OwnMonitors(), new FullSpeed(), new PodNaming(),
                new Queries(), new Latency(), new Rest(), new IdleAgent(),
            ]),
        new("aggregator", LoadsBpf: false, [new Flood(), new PeerNaming(), new ManyAgents(), new ClusterQueries(), new Scrape()]),
        new("keeping", LoadsBpf: false, [new HistoryKeeping(), new ClickHouseWriting()]),
    ];

    public IReadOnlyList<string> Names { get; } = [.. Measures.Select(measure => measure.Name)];

    /// <summary>Runs measures one after the other, and prints one table at the end.</summary>
    /// <param name="names">Names of measures, of any group.</param>
    /// <returns>Whether every figure reaches what it must.</returns>
    /// <exception cref="BenchmarkException">Nothing can be measured here.</exception>
    public static async Task<bool> RunAsync(IReadOnlyCollection<string> names)
    {
        var groups = All.Where(group => group.Names.Any(names.Contains)).ToList();
        if (groups.Any(group => group.LoadsBpf && !Environment.IsPrivilegedProcess)
            || Environment.ProcessorCount <= Cpus.Consumer)
        {
            throw new BenchmarkException("the system benchmark loads BPF programs and needs root; both need two CPUs");
        }

        var figures = new List<Figure>();
        foreach (var measure in groups.SelectMany(group => group.Measures).Where(measure => names.Contains(measure.Name)))
        {
            var start = Stopwatch.GetTimestamp();
            Console.Error.Write($"measuring {measure.Name} ... ");
            try
            {
                figures.AddRange(await measure.RunAsync());
            }
            catch (BenchmarkException failure)
            {
                // The others are worth having all the same.
                figures.Add(new Figure(measure.Name, double.NaN, 0, "", failure.Message));
            }

            Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        }

        Console.WriteLine();
        Table.Write(Console.Out, figures);
        return figures.All(figure => figure.IsReached);
    }
}
