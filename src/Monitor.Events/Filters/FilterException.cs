namespace Monitor.Events;

/// <summary>A field of a filter or a query has a value that is not accepted: the client's mistake.</summary>
public class FilterException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="field">The field as clients know it, for example <c>source_ip</c>.</param>
    /// <param name="value">The value, cut where it is long.</param>
    /// <param name="accepted">What is accepted, as the rest of a sentence: "must be …".</param>
    public FilterException(string field, string value, string accepted)
        : base($"{field}: '{Shorten(value)}' {accepted}")
    {
        Field = field;
        Value = Shorten(value);
    }

    /// <summary>The field.</summary>
    public string Field { get; }

    /// <summary>The value, at most 64 characters of it.</summary>
    public string Value { get; }

    private static string Shorten(string value) => value.Length <= 64 ? value : value[..61] + "...";
}
