using Monitor.Server;

namespace Monitor.ClickHouse.Reading;

/// <summary>The condition that a row is in some parts of runs.</summary>
internal static class RunsSql
{
    // As many numbers as fit in one parameter, see FilterSql: 20 digits and a comma each.
    private const int MaxNumbers = 5_000;

    /// <summary>Adds it.</summary>
    /// <param name="runs">The parts.</param>
    /// <param name="epoch">The column of the run.</param>
    /// <param name="number">The column of the place in it.</param>
    /// <param name="add">Takes a condition and its parameters.</param>
    public static void Add(ArchiveRuns runs, string epoch, string number, Action<string, IEnumerable<(string, string, object)>> add)
    {
        var parts = runs.HasOthers ? runs.Parts : [.. runs.Parts.Where(part => part.UpTo > part.After)];
        if (parts.Count == 0)
        {
            add(runs.HasOthers ? "1" : "0", []);
            return;
        }

        var parameters = new List<(string, string, object)>();
        var epochs = Array("run_epochs", parts.Select(part => part.Epoch), parameters);
        var after = Array("run_after", parts.Select(part => part.After), parameters);
        var upTo = Array("run_up_to", parts.Select(part => part.UpTo), parameters);
        var named = $"({number} > transform({epoch}, {epochs}, {after}, toUInt64(0)) AND {number} <= transform({epoch}, {epochs}, {upTo}, toUInt64(0)))";
        add(runs.HasOthers ? $"NOT has({epochs}, {epoch}) OR {named}" : $"has({epochs}, {epoch}) AND {named}", parameters);
    }

    private static string Array(string name, IEnumerable<ulong> numbers, List<(string, string, object)> parameters)
    {
        var arrays = new List<string>();
        foreach (var part in numbers.Chunk(MaxNumbers))
        {
            var parameter = $"{name}_{arrays.Count}";
            parameters.Add((parameter, "Array(UInt64)", part));
            arrays.Add($"{{{parameter}:Array(UInt64)}}");
        }

        return arrays.Count == 1 ? arrays[0] : $"arrayConcat({string.Join(", ", arrays)})";
    }
}
