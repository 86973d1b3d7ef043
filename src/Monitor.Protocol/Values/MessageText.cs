namespace Monitor.Protocol;

/// <summary>Text of others (clients, agents, files) inside the messages of this code base.</summary>
public static class MessageText
{
    /// <summary>Characters of a value that a message shows, unless it has a reason for another number.</summary>
    public const int DefaultLength = 64;

    /// <summary>The text on one line, without control characters, cut to a length: a cut text ends in "...".</summary>
    /// <param name="text">Any text.</param>
    /// <param name="maxLength">Most characters of the result, 4 or more.</param>
    public static string Shorten(string text, int maxLength = DefaultLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 4);
        if (text.Length > maxLength)
        {
            // A cut between the halves of a surrogate pair would leave text that is not valid.
            var end = maxLength - 3;
            end -= char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
            text = string.Concat(text.AsSpan(0, end), "...");
        }

        return Printable(text.ReplaceLineEndings(" "));
    }

    /// <summary>The text with U+FFFD for each control character but line feed and tab: a terminal would obey them.</summary>
    /// <param name="text">Any text.</param>
    public static string Printable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f')
            ? string.Create(text.Length, text, static (printable, text) =>
            {
                for (var at = 0; at < text.Length; at++)
                {
                    printable[at] = char.IsControl(text[at]) && text[at] is not ('\n' or '\t') ? '\uFFFD' : text[at];
                }
            })
            : text;
    }
}
