using System.Buffers;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>Everything that a log holds.</summary>
/// <param name="Bytes">The events as they are stored, one behind the other.</param>
/// <param name="Entries">Events and losses in their order.</param>
internal sealed record LogContent(byte[] Bytes, IReadOnlyList<object> Entries)
{
    public IReadOnlyList<Event> Events => [.. Entries.OfType<Event>()];

    public IReadOnlyList<Loss> Losses => [.. Entries.OfType<Loss>()];

    /// <summary>The entries in brief: "1" for an event by its sequence, "-5 RingFull" for a loss.</summary>
    public IReadOnlyList<string> Brief =>
        [.. Entries.Select(entry => entry is Loss loss ? $"-{loss.Count} {loss.Cause}" : $"{((Event)entry).Sequence}")];

    public ulong[] SequencesOf(string nodeName) =>
        [.. Events.Where(e => e.NodeName == nodeName).Select(e => e.Sequence)];

    public static LogContent Of(EventLog log)
    {
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        var bytes = new ArrayBufferWriter<byte>();
        var entries = new List<object>();
        for (var atEnd = false; !atEnd;)
        {
            var start = bytes.WrittenCount;
            var batch = cursor.ReadBatch(bytes, 10_000, 1 << 20);
            entries.AddRange(batch.Losses);
            entries.AddRange(StreamEventsResponse.Parser.ParseFrom(bytes.WrittenSpan[start..]).Events);
            atEnd = batch.AtEnd;
        }

        return new LogContent(bytes.WrittenSpan.ToArray(), entries);
    }
}
