using Google.Protobuf;
using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.V1;

namespace Monitor.ClickHouse.Tests;

/// <summary>Fills a log.</summary>
internal static class TestLog
{
    public static EventLog Create(long retentionBytes = 64 << 20, ulong epoch = 7) =>
        new(new EventLogOptions { RetentionBytes = retentionBytes }, epoch, TimeProvider.System);

    /// <summary>Appends and publishes.</summary>
    public static void Add(this EventLog log, params IEnumerable<Event> events)
    {
        foreach (var added in events)
        {
            var bytes = added.ToByteArray();
            Assert.That(EventColumns.TryParse(bytes, log.Types, out var columns), Is.True);
            log.Append(columns, bytes);
        }

        log.Publish();
    }

    /// <summary>Connections of these sequences, a microsecond apart.</summary>
    public static IEnumerable<Event> Connections(int first, int count) =>
        Enumerable.Range(first, count).Select(sequence => TestEvents.Connection((ulong)sequence, RecentStart + sequence * 1000L));

    /// <summary>A time that no TTL takes yet: an hour ago, at a full second.</summary>
    public static long RecentStart { get; } = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds() * 1_000_000_000;
}
