namespace Monitor.Server;

/// <summary>Comments as descriptions, which are CommonMark.</summary>
internal static class Markdown
{
    /// <summary>A comment as text that reads the same: "&lt;epoch&gt;" is no HTML element there. Null where it is null.</summary>
    public static string? Of(string? comment) => comment?.Replace("<", "&lt;", StringComparison.Ordinal);

    /// <summary>Two paragraphs, or the one that is there.</summary>
    public static string? Join(string? first, string? second) =>
        string.IsNullOrEmpty(first) ? second : string.IsNullOrEmpty(second) ? first : $"{first}\n\n{second}";

    /// <summary>The first sentence of a comment, without its end and what a colon introduces, as a title.</summary>
    public static string? Title(string? comment)
    {
        if (comment is null)
        {
            return null;
        }

        for (var i = 0; i < comment.Length; i++)
        {
            // A point inside a word or a number ends nothing.
            var isLast = i + 1 == comment.Length || char.IsWhiteSpace(comment[i + 1]);
            if (comment[i] == '\n' || (comment[i] is '.' or ':' && isLast))
            {
                return comment[..i];
            }
        }

        return comment;
    }
}
