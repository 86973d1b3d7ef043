using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>A field of a filter or a query has a value that is not accepted: the client's mistake.</summary>
public class FilterException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="field">The field as clients know it, for example <c>source_ip</c>.</param>
    /// <param name="value">The value, cut where it is long.</param>
    /// <param name="accepted">What is accepted, as the rest of a sentence: "must be …".</param>
    public FilterException(string field, string value, string accepted)
        : base($"{field}: '{MessageText.Shorten(value)}' {accepted}")
    {
        Field = field;
        Value = MessageText.Shorten(value);
    }

    /// <summary>The field.</summary>
    public string Field { get; }

    /// <summary>The value as the message shows it; see <see cref="MessageText.Shorten"/>.</summary>
    public string Value { get; }
}
