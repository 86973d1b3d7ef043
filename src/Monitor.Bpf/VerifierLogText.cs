using System.Text.RegularExpressions;

namespace Monitor.Bpf;

/// <summary>Finds, in what libbpf said, the verifier's log and the lines that explain a failure.</summary>
internal static partial class VerifierLogText
{
    // Enough for "R1 is invalid" plus the hint that newer kernels add; more hides the cause.
    private const int SummaryLines = 3;
    private const string Begin = "-- BEGIN PROG LOAD LOG --";
    private const string End = "-- END PROG LOAD LOG --";

    /// <summary>The log of the last program that failed, or null.</summary>
    internal static string? Find(IReadOnlyList<BpfMessage> messages)
    {
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            var text = messages[i].Text;
            var end = text.LastIndexOf(End, StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }

            // A log that was cut to its end has lost the mark of its beginning.
            var begin = text.IndexOf(Begin, StringComparison.Ordinal);
            begin = begin < 0 ? 0 : begin + Begin.Length;
            return text[begin..end].Trim('\n');
        }

        return null;
    }

    /// <summary>Name of the program that libbpf's last warning about one is about, or null.</summary>
    internal static string? FindProgram(IReadOnlyList<BpfMessage> messages) =>
        messages
            .Reverse()
            .Select(m => ProgramName().Match(m.Text))
            .FirstOrDefault(m => m.Success)?
            .Groups[1].Value;

    /// <summary>The last lines that say something: no instructions, register states, source lines and statistics.</summary>
    internal static string Summarize(string log) =>
        string.Join("; ", log
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !Noise().IsMatch(line))
            .TakeLast(SummaryLines));

    /// <summary>libbpf's own warnings in one line, for failures that never reached the verifier.</summary>
    internal static string Summarize(IReadOnlyList<BpfMessage> messages) =>
        string.Join("; ", messages
            .Where(m => m.Level == BpfMessageLevel.Warning && !m.Text.Contains(End, StringComparison.Ordinal))
            .Select(m => m.Text.Trim().Replace('\n', ' '))
            .Select(text => text.StartsWith("libbpf: ", StringComparison.Ordinal) ? text["libbpf: ".Length..] : text)
            .TakeLast(SummaryLines));

    [GeneratedRegex(@"prog '([^']+)'")]
    private static partial Regex ProgramName();

    [GeneratedRegex(
        @"^(\d+: \(|\d+: R|\d+: safe|\d+: frame|R\d+(_\w+)?=|; |from \d+ to \d+|processed \d+ insns|verification time|stack depth|"
            + @"mark_precise|regs=|parent |last_idx|first_idx|func#\d+ @|Validating |max_states|peak_states|arg#\d+ |Func#\d+ )")]
    private static partial Regex Noise();
}
