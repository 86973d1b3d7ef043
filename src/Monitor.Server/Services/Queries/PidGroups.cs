using Monitor.Protocol;
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

    // Fields of an entry of a map.
    private const int KeyField = 1;
    private const int ValueField = 2;

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
        var writer = new WireWriter(output.GetSpan(events.Length + (groups.Count + 1) * MaxOverheadBytes));
        foreach (var (pid, group) in groups)
        {
            // The numbers of both fields fit in a tag of one byte.
            var entry = 1 + WireWriter.SizeOf(pid) + 1 + WireWriter.SizeOf((uint)group.Bytes) + group.Bytes;
            writer.BytesHeader(ListConnectionsResponse.EventsByPidFieldNumber, entry);
            writer.Varint(KeyField, pid);
            WriteGroup(ref writer, ValueField, group);
        }

        if (nobody.Bytes > 0)
        {
            WriteGroup(ref writer, ListConnectionsResponse.WithoutProcessFieldNumber, nobody);
        }

        output.Advance(writer.Length);
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

    private static void WriteGroup(ref WireWriter writer, int field, Group group)
    {
        writer.BytesHeader(field, group.Bytes);
        foreach (var entry in group.Entries)
        {
            writer.Fragment(entry.Span);
        }
    }

    private sealed class Group
    {
        public List<ReadOnlyMemory<byte>> Entries { get; } = [];

        public int Bytes { get; set; }
    }
}
