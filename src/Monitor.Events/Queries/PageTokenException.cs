namespace Monitor.Events;

/// <summary>A page token is not accepted.</summary>
public sealed class PageTokenException : FilterException
{
    internal PageTokenException(PageTokenError error, string token)
        : base("page_token", token, Accepted(error)) => Error = error;

    /// <summary>The reason.</summary>
    public PageTokenError Error { get; }

    private static string Accepted(PageTokenError error) => error switch
    {
        PageTokenError.OtherEpoch =>
            "is of another server, or of this one before it was restarted. Start again without page_token.",
        PageTokenError.OtherFilter =>
            "continues a list with another filter. Repeat the filter, or start again without page_token.",
        _ => "must be the next_page_token of the response before, unchanged.",
    };
}
