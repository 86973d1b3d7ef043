using System.Buffers;
using Google.Protobuf;
using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>Appends events to a log as an aggregator would, and reads back what it hands out.</summary>
internal static class TestLog
{
    public const ulong Epoch = 0x0123456789abcdef;

    public static EventLog Create(long retention = EventLogOptions.MinRetentionBytes, string nodeName = "") =>
        new(new EventLogOptions { RetentionBytes = retention, NodeName = nodeName }, Epoch, TimeProvider.System);

    /// <summary>Appends, but does not publish.</summary>
    public static void Append(this EventLog log, Event appended)
    {
        var bytes = appended.ToByteArray();
        Assert.That(EventColumns.TryParse(bytes, log.Types, out var columns), Is.True);
        Assert.That(log.Append(columns, bytes), Is.True);
    }

    /// <summary>Appends connections with ascending sequences and times, one microsecond apart, and publishes.</summary>
    public static void AppendConnections(this EventLog log, int count)
    {
        for (var added = 0; added < count; added++)
        {
            var sequence = log.NextSequence;
            log.Append(TestEvents.Connection(sequence, TestEvents.Start + (long)sequence * 1000));
        }

        log.Publish();
    }

    public static Loss Loss(LossCause cause, ulong count, string type = "", string node = "node-1") =>
        new() { Cause = cause, Count = count, Type = type, NodeName = node };

    public static ListEventsResponse Read(this EventLog log, EventQuery query)
    {
        using var result = log.Query(query);
        var response = Parse(result.Events.Span);
        Assert.That(response.Events, Has.Count.EqualTo(result.Count));
        response.Count = result.Count;
        response.TotalCount = (int)result.TotalCount;
        response.NextPageToken = result.NextPageToken;
        return response;
    }

    public static IReadOnlyList<Event> ReadEvents(
        this EventCursor cursor, out CursorBatch batch, int maxEvents = 10_000, int maxBytes = 1 << 20)
    {
        var output = new ArrayBufferWriter<byte>();
        batch = cursor.ReadBatch(output, maxEvents, maxBytes);
        Assert.That(batch.Bytes, Is.EqualTo(output.WrittenCount));
        var events = StreamEventsResponse.Parser.ParseFrom(output.WrittenSpan).Events;
        Assert.That(events, Has.Count.EqualTo(batch.Events));
        return events;
    }

    public static ListEventsResponse Parse(ReadOnlySpan<byte> events) => ListEventsResponse.Parser.ParseFrom(events);
}
