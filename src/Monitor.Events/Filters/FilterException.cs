using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>The client sent a filter or a query with a value that is not accepted.</summary>
public class FilterException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="field">The field as clients know it, for example <c>source_ip</c>.</param>
    /// <param name="value">The value; the message shows at most 64 characters.</param>
    /// <param name="accepted">The accepted values, as the end of the sentence: "must be …".</param>
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
