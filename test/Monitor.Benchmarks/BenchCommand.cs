using Monitor.Benchmarks.Machine;
using Monitor.Benchmarks.Measures;
using Monitor.Benchmarks.Micro;

namespace Monitor.Benchmarks;

/// <summary>What <c>./build.sh bench</c> takes: names of benchmarks, or none for all of them.</summary>
internal static class BenchCommand
{
    /// <returns>The exit code: 0; 1 where a figure is over its limit or cannot be measured; 2 for an unknown name.</returns>
    public static async Task<int> RunAsync(string[] names)
    {
        if (names.Any(name => name is "-h" or "--help" or "help"))
        {
            PrintHelp();
            return 0;
        }

        var known = new HashSet<string>(
            ["micro", .. MicroBenchmarks.Names, .. MeasureGroup.All.SelectMany(group => group.Names.Append(group.Name))]);
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            Console.Error.WriteLine($"bench: there is no benchmark '{unknown}'; --help lists them");
            return 2;
        }

        var micro = Selected(names, "micro", MicroBenchmarks.Names);
        if (micro.Count > 0)
        {
            MicroBenchmarks.Run(micro);
        }

        List<string> measures = [.. MeasureGroup.All.SelectMany(group => Selected(names, group.Name, group.Names))];
        try
        {
            return measures.Count == 0 || await MeasureGroup.RunAsync(measures) ? 0 : 1;
        }
        catch (BenchmarkException failure)
        {
            Console.Error.WriteLine($"bench: {failure.Message}");
            return 1;
        }
    }

    private static List<string> Selected(string[] names, string group, IReadOnlyList<string> members) =>
        names.Length == 0 || names.Contains(group) ? [.. members] : [.. members.Where(names.Contains)];

    private static void PrintHelp()
    {
        Console.WriteLine("./build.sh bench [NAMES]   without names: everything");
        Console.WriteLine();
        Console.WriteLine($"  {"micro",-13}{string.Join(", ", MicroBenchmarks.Names)}");
        foreach (var group in MeasureGroup.All)
        {
            Console.WriteLine($"  {group.Name,-13}{string.Join(", ", group.Names)}");
        }

        Console.WriteLine(
            """

            A name is one of these groups or a member of one. The system benchmark needs root, and both system and aggregator
            need two CPUs. They print one table, and the exit code is 1 where a figure does not reach what it must. How each
            figure is measured: test/Monitor.Benchmarks/README.md
            """);
    }
}
