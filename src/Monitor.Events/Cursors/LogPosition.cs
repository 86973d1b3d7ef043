using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Where a cursor starts.</summary>
public readonly struct LogPosition
{
    internal enum Kind
    {
        End,
        Oldest,
        Time,
        Token,
        Sources,
    }

    private LogPosition(Kind start, long time, ResumeToken? token)
    {
        Start = start;
        UnixTime = time;
        Token = token;
    }

    /// <summary>With the next entry that is published; the default.</summary>
    public static LogPosition End => default;

    /// <summary>With the oldest stored entry.</summary>
    public static LogPosition Oldest => new(Kind.Oldest, 0, null);

    internal Kind Start { get; }

    internal long UnixTime { get; }

    internal ResumeToken? Token { get; }

    /// <summary>
    /// With the first stored event of this time or later. The log is only nearly in the order of time: later entries
    /// that are a little older follow, and the filter's <c>since</c> leaves them out.
    /// </summary>
    /// <param name="unixNanos">Nanoseconds since 1970.</param>
    public static LogPosition Since(long unixNanos) => new(Kind.Time, unixNanos, null);

    /// <summary>With the oldest stored entry, less what a token of another log says that its client has.</summary>
    internal static LogPosition Beyond(ResumeToken token) => new(Kind.Sources, 0, token);

    internal static LogPosition After(ResumeToken token) => new(Kind.Token, 0, token);
}
