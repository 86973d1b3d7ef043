using System.Runtime.InteropServices;
using Google.Protobuf;
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

    // Fields of the responses, of an entry of a map, of an EventGroup, and of an Event.
    private static readonly uint MapTag =
        WireFormat.MakeTag(ListConnectionsResponse.EventsByPidFieldNumber, WireFormat.WireType.LengthDelimited);

    private static readonly uint WithoutProcessTag =
        WireFormat.MakeTag(ListConnectionsResponse.WithoutProcessFieldNumber, WireFormat.WireType.LengthDelimited);

    private static readonly uint KeyTag = WireFormat.MakeTag(1, WireFormat.WireType.Varint);
    private static readonly uint ValueTag = WireFormat.MakeTag(2, WireFormat.WireType.LengthDelimited);
    private static readonly uint PidTag = WireFormat.MakeTag(Event.PidFieldNumber, WireFormat.WireType.Varint);

    /// <summary>Writes the groups, that of the newest event first.</summary>
    /// <param name="events">Elements of <c>EventGroup.events</c>, each with tag and length, newest first: as the log's
    /// lists have them, because the number of the field is the same.</param>
    /// <returns>A buffer that the caller disposes of.</returns>
    public static PooledBuffer Write(ReadOnlySpan<byte> events)
    {
        var groups = new OrderedDictionary<uint, Group>();
        var nobody = new Group();
        for (var at = 0; at < events.Length;)
        {
            var length = ReadEntry(events[at..], out var pid);
            var group = nobody;
            if (pid is { } key && !groups.TryGetValue(key, out group!))
            {
                groups.Add(key, group = new Group());
            }

            group.Entries.Add((at, length));
            group.Bytes += length;
            at += length;
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
            WriteGroup(output, ValueTag, group, events);
        }

        if (nobody.Bytes > 0)
        {
            WriteGroup(output, WithoutProcessTag, nobody, events);
        }

        return output;
    }

    /// <returns>The length of the entry, tag and length included.</returns>
    private static int ReadEntry(ReadOnlySpan<byte> events, out uint? pid)
    {
        pid = null;
        var at = 0;
        ReadVarint(events, ref at);
        var length = (int)ReadVarint(events, ref at);
        var end = at + length;
        while (at < end)
        {
            // The log took in only what is well-formed, without groups. Of a field that comes twice, the last counts.
            var tag = (uint)ReadVarint(events, ref at);
            switch (WireFormat.GetTagWireType(tag))
            {
                case WireFormat.WireType.Varint:
                    var number = ReadVarint(events, ref at);
                    pid = tag == PidTag ? (uint)number : pid;
                    break;
                case WireFormat.WireType.LengthDelimited:
                    var bytes = (int)ReadVarint(events, ref at);
                    at += bytes;
                    break;
                case WireFormat.WireType.Fixed64:
                    at += sizeof(ulong);
                    break;
                case WireFormat.WireType.Fixed32:
                    at += sizeof(uint);
                    break;
                default:
                    throw new InvalidOperationException($"An event in the log has the tag {tag}.");
            }
        }

        return end;
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0ul;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private static void WriteGroup(PooledBuffer output, uint tag, Group group, ReadOnlySpan<byte> events)
    {
        WriteVarint(output, tag);
        WriteVarint(output, (uint)group.Bytes);
        foreach (var (start, length) in CollectionsMarshal.AsSpan(group.Entries))
        {
            events.Slice(start, length).CopyTo(output.GetSpan(length));
            output.Advance(length);
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
        public List<(int Start, int Length)> Entries { get; } = [];

        public int Bytes { get; set; }
    }
}
