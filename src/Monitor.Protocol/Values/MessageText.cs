namespace Monitor.Protocol;

/// <summary>Text of others (clients, agents, files) inside the messages of this code base.</summary>
public static class MessageText
{
    /// <summary>Characters of a value that a message shows, unless it has a reason for another number.</summary>
    public const int DefaultLength = 64;

    /// <summary>The text on one line, cut to a length: a cut text ends in "...".</summary>
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

        return text.ReplaceLineEndings(" ");
    }
}
