using System.Diagnostics;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>The system benchmark: measures one after the other, and one table at the end.</summary>
internal static class SystemBenchmark
{
    private static readonly Measure[] All =
        [new AddedTime(), new CpuPerEvent(), new FullSpeed(), new Queries(), new Latency(), new Rest(), new IdleAgent()];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(measure => measure.Name)];

    /// <param name="names">Which measures.</param>
    /// <returns>Whether every figure reaches what it must.</returns>
    /// <exception cref="BenchmarkException">Nothing can be measured here.</exception>
    public static async Task<bool> RunAsync(IReadOnlyCollection<string> names)
    {
        if (!Environment.IsPrivilegedProcess || Environment.ProcessorCount <= Cpus.Consumer)
        {
            throw new BenchmarkException("the system benchmark loads BPF programs and needs root, and two CPUs");
        }

        var figures = new List<Figure>();
        foreach (var measure in All.Where(measure => names.Contains(measure.Name)))
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
