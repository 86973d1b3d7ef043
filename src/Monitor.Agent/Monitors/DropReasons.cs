using System.Collections.Frozen;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>What people are told about the kernel's reasons to drop packets, as <c>drop_reasons.txt</c> says.</summary>
internal static class DropReasons
{
    /// <summary>Longest explanation, in bytes of UTF-8: each event carries one.</summary>
    public const int MaxExplanationBytes = 200;

    /// <summary>The reason of kernels that give none, and of places that give none.</summary>
    public const string NotSpecified = "NOT_SPECIFIED";

    private const string Resource = "drop_reasons.txt";

    /// <summary>By the reason's name, without SKB_DROP_REASON_.</summary>
    public static FrozenDictionary<string, DropExplanation> ByName { get; }

    /// <summary>By the function that drops packets without a reason.</summary>
    public static FrozenDictionary<string, DropExplanation> ByFunction { get; }

    static DropReasons()
    {
        using var file = new StreamReader(typeof(DropReasons).Assembly.GetManifestResourceStream(Resource)!);
        (ByName, ByFunction) = Read(file);
    }

    /// <summary>What is known of a reason; null: nothing.</summary>
    public static DropExplanation? Find(string name) => ByName.TryGetValue(name, out var found) ? found : null;

    /// <summary>What is known of a place that gives no reason; null: nothing.</summary>
    /// <param name="symbol">As "nf_hook_slow+0x80"; compilers may have put ".isra.0" and the like behind the name.</param>
    public static DropExplanation? FindByPlace(string symbol) =>
        ByFunction.TryGetValue(symbol.Split('+', '.')[0], out var found) ? found : null;

    /// <summary>Reads the table.</summary>
    /// <exception cref="InvalidDataException">A line is not as the file's head says; it says which.</exception>
    internal static (FrozenDictionary<string, DropExplanation> ByName, FrozenDictionary<string, DropExplanation> ByFunction) Read(
        TextReader file)
    {
        var byName = new Dictionary<string, DropExplanation>(StringComparer.Ordinal);
        var byFunction = new Dictionary<string, DropExplanation>(StringComparer.Ordinal);
        while (file.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var words = line.Split(' ', 3);
            var isRead = line[0] == '@'
                ? words.Length == 2 && byName.TryGetValue(words[1], out var meant) && byFunction.TryAdd(words[0][1..], meant)
                : words.Length == 3 && SeverityOf(words[1]) is { } severity
                    && System.Text.Encoding.UTF8.GetByteCount(words[2]) <= MaxExplanationBytes
                    && byName.TryAdd(words[0], new DropExplanation(severity, words[2]));
            if (!isRead)
            {
                throw new InvalidDataException($"{Resource}: '{line}' is not a line as the head of the file describes, or comes twice.");
            }
        }

        return (byName.ToFrozenDictionary(), byFunction.ToFrozenDictionary());
    }

    private static DropSeverity? SeverityOf(string word) => word switch
    {
        "unspecified" => DropSeverity.Unspecified,
        "benign" => DropSeverity.Benign,
        "suspicious" => DropSeverity.Suspicious,
        "harmful" => DropSeverity.Harmful,
        _ => null,
    };
}
