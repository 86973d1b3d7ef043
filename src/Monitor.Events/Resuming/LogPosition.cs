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
        OtherLog,
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
    /// can be a little older; the filter's <c>since</c> excludes them.
    /// </summary>
    /// <param name="unixNanos">Nanoseconds since 1970.</param>
    public static LogPosition Since(long unixNanos) => new(Kind.Time, unixNanos, null);

    /// <summary>With the oldest stored entry, without what the client has according to a token of another log.</summary>
    internal static LogPosition AfterOtherLog(ResumeToken token) => new(Kind.OtherLog, 0, token);

    internal static LogPosition After(ResumeToken token) => new(Kind.Token, 0, token);
}
