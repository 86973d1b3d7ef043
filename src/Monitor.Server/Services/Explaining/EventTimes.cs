using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>When what an event tells of began and ended. An event is dated by its end: an attempt by its outcome, a
/// question by its answer.</summary>
internal static class EventTimes
{
    public const long Second = 1_000_000_000;

    // Half of what a long holds, so that an hour more or less stays in it.
    private const long Latest = long.MaxValue / 2;

    /// <summary>Nanoseconds since 1970, not before; 0 where the event has no time.</summary>
    public static long EndOf(Event told) => told.Time is null ? 0 : Math.Clamp(UnixNanos.From(told.Time) ?? 0, 0, Latest);

    /// <summary>As <see cref="EndOf"/>: of the end less what the event says it took.</summary>
    public static long StartOf(Event told) => Math.Max(0, EndOf(told) - Figures.Nanos(told.DetailCase switch
    {
        Event.DetailOneofCase.Connection => told.Connection.HandshakeTime,
        Event.DetailOneofCase.Accept => told.Accept.AcceptQueueTime,
        Event.DetailOneofCase.Close => told.Close.Duration,
        Event.DetailOneofCase.Dns => told.Dns.Latency,
        _ => null,
    }));
}
