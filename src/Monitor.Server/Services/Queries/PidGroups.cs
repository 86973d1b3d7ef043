using System.Buffers;
using Google.Protobuf;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Groups encoded events by process, and writes the groups as the fields <c>events_by_pid</c> and
/// <c>without_process</c>, whose numbers are the same in both lists. Of an event, nothing but its pid is read.
/// </summary>
internal static class PidGroups
{
    /// <summary>Most bytes that a group adds to its events: tag, length, key, and the value's tag and length.</summary>
    public const int MaxOverheadBytes = 1 + 4 + (1 + 5) + (1 + 4);

    private const uint PidTag = Event.PidFieldNumber << 3 | WireReader.Varint;

    // Fields of the responses, of an entry of a map, and of an EventGroup.
    private static readonly uint MapTag =
        WireFormat.MakeTag(ListConnectionsResponse.EventsByPidFieldNumber, WireFormat.WireType.LengthDelimited);

    private static readonly uint WithoutProcessTag =
        WireFormat.MakeTag(ListConnectionsResponse.WithoutProcessFieldNumber, WireFormat.WireType.LengthDelimited);

    private static readonly uint KeyTag = WireFormat.MakeTag(1, WireFormat.WireType.Varint);
    private static readonly uint ValueTag = WireFormat.MakeTag(2, WireFormat.WireType.LengthDelimited);

    /// <summary>Writes the groups, that of the newest event first.</summary>
    /// <param name="events">Elements of <c>EventGroup.events</c>, each with tag and length, newest first: as the log's
    /// lists have them, because the number of the field is the same.</param>
    /// <returns>A buffer that the caller disposes of.</returns>
    public static PooledBuffer Write(ReadOnlyMemory<byte> events)
    {
        var groups = new OrderedDictionary<uint, Group>();
        var nobody = new Group();
        var reader = new EncodedEventReader(events);
        while (reader.MoveNext())
        {
            var group = nobody;
            if (PidOf(reader.Current.Span) is { } pid && !groups.TryGetValue(pid, out group!))
            {
                groups.Add(pid, group = new Group());
            }

            group.Entries.Add(reader.Entry);
            group.Bytes += reader.Entry.Length;
        }

        var output = new PooledBuffer();
        output.GetSpan(events.Length + (groups.Count + 1) * MaxOverheadBytes);
        foreach (var (pid, group) in groups)
        {
            var value = VarintSize(KeyTag) + VarintSize(pid)
                + VarintSize(ValueTag) + VarintSize((uint)group.Bytes) + group.Bytes;
            WriteVarint(output, MapTag);
            WriteVarint(output, (uint)value);
            WriteVarint(output, KeyTag);
            WriteVarint(output, pid);
            WriteGroup(output, ValueTag, group);
        }

        if (nobody.Bytes > 0)
        {
            WriteGroup(output, WithoutProcessTag, nobody);
        }

        return output;
    }

    // The log took in only what is well-formed. Of a field that comes twice, the last counts.
    private static uint? PidOf(ReadOnlySpan<byte> encoded)
    {
        uint? pid = null;
        var reader = new WireReader(encoded);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag != PidTag)
            {
                reader.TrySkip(tag);
            }
            else if (reader.TryReadVarint(out var value))
            {
                pid = (uint)value;
            }
        }

        return pid;
    }

    private static void WriteGroup(PooledBuffer output, uint tag, Group group)
    {
        WriteVarint(output, tag);
        WriteVarint(output, (uint)group.Bytes);
        foreach (var entry in group.Entries)
        {
            output.Write(entry.Span);
        }
    }

    private static void WriteVarint(PooledBuffer output, uint value)
    {
        var span = output.GetSpan(5);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[length++] = (byte)(value | 0x80);
        }

        span[length++] = (byte)value;
        output.Advance(length);
    }

    private static int VarintSize(uint value) => CodedOutputStream.ComputeUInt32Size(value);

    private sealed class Group
    {
        public List<ReadOnlyMemory<byte>> Entries { get; } = [];

        public int Bytes { get; set; }
    }
}
