using System.Globalization;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz;

/// <summary>The command line: <c>[SECONDS|long|coverage] [CASE...] [--seed N] [--at INDEX] [--input FILE]</c>.</summary>
internal sealed class FuzzArguments
{
    // A long run sends a million requests over the network, and to each parser as many inputs, or a twentieth where one takes milliseconds.
    private const int LongRequests = 1_000_000;

    private const int DefaultSeconds = 60;

    private readonly List<string> _names = [];
    private long? _at;
    private bool _isLong;

    private FuzzArguments()
    {
    }

    /// <summary>Whether coverage guides the input.</summary>
    public bool IsCoverage { get; private set; }

    /// <summary>The cases to run; of a run that is guided by coverage those of parsers.</summary>
    public IReadOnlyList<FuzzCase> Cases =>
        [.. FuzzCases.All.Where(known => (_names.Count == 0 || _names.Contains(known.Name)) && (!IsCoverage || known is ParserCase))];

    /// <summary>How long: all cases together, or each that is guided by coverage.</summary>
    public int Seconds { get; private set; } = DefaultSeconds;

    public int Seed { get; private set; } = Random.Shared.Next();

    /// <summary>A file with the only input of the only case.</summary>
    public string? Input { get; private set; }

    /// <summary>Index of the first input.</summary>
    public long First => _at ?? 0;

    /// <summary>When a case stops.</summary>
    public TimeSpan Limit => _isLong || _at is not null ? TimeSpan.FromHours(2) : TimeSpan.FromSeconds((double)Seconds / Cases.Count);

    /// <summary>How many inputs of a case.</summary>
    public long CountOf(FuzzCase fuzzCase) => _at is not null ? 1 : _isLong ? FuzzCases.LongInputs(fuzzCase, LongRequests) : long.MaxValue / 2;

    /// <summary>Reads it.</summary>
    /// <param name="args">As it was given.</param>
    /// <param name="problem">What is wrong, where it is null.</param>
    public static FuzzArguments? Read(string[] args, out string problem)
    {
        var read = new FuzzArguments();
        problem = "";
        for (var i = 0; i < args.Length; i++)
        {
            var takesNext = args[i] is "--seed" or "--at" or "--input";
            if (!read.Take(args[i], takesNext && i + 1 < args.Length ? args[i + 1] : null))
            {
                problem = $"fuzz: '{args[i]}' is not understood. Usage: fuzz [SECONDS|long|coverage] [CASE...] [--seed N] [--at INDEX] [--input FILE], "
                    + $"with the cases {string.Join(", ", FuzzCases.All.Select(known => known.Name))}; coverage and --input only with those of parsers: "
                    + string.Join(", ", FuzzCases.Parsers.Select(known => known.Name));
                return null;
            }

            i += takesNext ? 1 : 0;
        }

        if (read.Cases.Count == 0 || (read.Input is not null && read.Cases is not [ParserCase]))
        {
            problem = "fuzz: --input needs one case, which must be a parser's, and so must those of coverage";
            return null;
        }

        return read;
    }

    private bool Take(string argument, string? next)
    {
        switch (argument)
        {
            case "--seed" when int.TryParse(next, CultureInfo.InvariantCulture, out var seed):
                Seed = seed;
                return true;
            case "--at" when long.TryParse(next, CultureInfo.InvariantCulture, out var index):
                _at = index;
                return true;
            case "--input" when next is not null:
                Input = next;
                return true;
            case "long":
                return _isLong = true;
            case "coverage":
                return IsCoverage = true;
            case var number when int.TryParse(number, CultureInfo.InvariantCulture, out var asked) && asked > 0:
                Seconds = asked;
                return true;
            case var name when FuzzCases.All.Any(known => known.Name == name):
                _names.Add(name);
                return true;
            default:
                return false;
        }
    }
}
