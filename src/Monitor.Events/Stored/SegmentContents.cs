using System.Runtime.InteropServices;
using System.Text;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>What a segment's index and counts say, read from its events. For one segment after the other.</summary>
internal sealed class SegmentContents
{
    // Of what is there more often than that, queries cannot leave out a segment anyway: 16 KB of index, and 64 KB of counts.
    private const int MaxValues = 8_192;
    private const int MaxKinds = 2_048;

    private readonly HashSet<ulong> _values = [];
    private readonly HashSet<ulong> _all = [];
    private readonly Dictionary<SegmentCounts.Kind, int> _kinds = [];
    private readonly Dictionary<uint, int> _numbers = [];
    private readonly List<byte[]> _names = [];

    /// <summary>Begins another segment.</summary>
    public void Begin()
    {
        _all.Clear();
        _kinds.Clear();
        _numbers.Clear();
        _names.Clear();
        _names.Add([]);
    }

    /// <summary>Reads the next part of a segment that the caller has entered.</summary>
    /// <returns>What is in the part.</returns>
    public ValueIndex ReadPart(Segment segment, int from, int to)
    {
        _values.Clear();
        for (var index = from; index < to; index++)
        {
            ref readonly var columns = ref segment.Columns(index);
            if (!columns.IsLoss)
            {
                Add(columns, segment.Message(index));
            }
        }

        _all.UnionWith(_values);
        // A query looks at it only where the whole segment may have something.
        return IndexOf(_values, bytesPerValue: 1);
    }

    /// <summary>What is in all parts that were read.</summary>
    public (ValueIndex Values, SegmentCounts? Counts) End() => (
        IndexOf(_all, bytesPerValue: 2),
        _kinds.Count > MaxKinds
            ? null
            : new SegmentCounts(
                [.. _names.Select(Encoding.UTF8.GetString)], [.. _kinds.Select(kind => new SegmentCounts.Row(kind.Key, kind.Value))]));

    private static ValueIndex IndexOf(HashSet<ulong> values, int bytesPerValue) =>
        values.Count > MaxValues ? new ValueIndex([]) : ValueIndex.Of(values, bytesPerValue);

    private void Add(in EventColumns columns, ReadOnlySpan<byte> message)
    {
        if (_values.Count <= MaxValues)
        {
            AddColumns(columns);
        }

        ReadOnlySpan<byte> type = default, node = default, space = default, content = default;
        var detail = 0;
        var reader = new WireReader(message);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            var isName = ValueIndex.IsNameTag(tag);
            if (!isName && tag is not (EventTags.Connection or EventTags.PacketDrop or EventTags.Type))
            {
                if (!reader.TrySkip(tag))
                {
                    break;
                }

                continue;
            }

            if (!reader.TryReadBytes(out var value))
            {
                break;
            }

            // The last of a field counts, and an index may have more than there is.
            if (isName && _values.Count <= MaxValues)
            {
                _values.Add(ValueIndex.Hash(tag, value));
            }

            switch (tag)
            {
                case EventTags.Type: type = value; break;
                case EventTags.NodeName: node = value; break;
                case EventTags.KubernetesNamespace: space = value; break;
                case EventTags.Connection:
                    detail = Event.ConnectionFieldNumber;
                    content = value;
                    break;
                case EventTags.PacketDrop:
                    detail = Event.PacketDropFieldNumber;
                    content = value;
                    break;
            }
        }

        if (_kinds.Count > MaxKinds)
        {
            return;
        }

        if ((columns.Flags & ColumnFlags.Unique) == 0)
        {
            // The generated parser merges details that occur twice. No agent encodes events like that, but for the peer's fields,
            // which are not counted by.
            var parsed = Event.Parser.ParseFrom(message);
            Count(
                Encoding.UTF8.GetBytes(parsed.Type),
                Encoding.UTF8.GetBytes(parsed.NodeName),
                Encoding.UTF8.GetBytes(parsed.K8SNamespace),
                parsed.DetailCase switch
                {
                    Event.DetailOneofCase.Connection => Event.ConnectionFieldNumber,
                    Event.DetailOneofCase.PacketDrop => Event.PacketDropFieldNumber,
                    _ => 0,
                },
                parsed.Connection?.Outcome ?? default,
                Encoding.UTF8.GetBytes(parsed.Connection?.Error ?? parsed.PacketDrop?.Reason ?? ""),
                columns.Failed);
            return;
        }

        var (outcome, text) = DetailOf(detail, content, out var bytes);
        Count(type, node, space, detail, outcome, text ? bytes : default, columns.Failed);
    }

    private static (ConnectionDetail.Types.Outcome Outcome, bool HasText) DetailOf(
        int detail, ReadOnlySpan<byte> content, out ReadOnlySpan<byte> text)
    {
        switch (detail)
        {
            case Event.ConnectionFieldNumber:
                EventField.TryFindNumber(content, EventTags.Outcome, unique: false, out var outcome);
                return ((ConnectionDetail.Types.Outcome)(int)outcome, EventField.TryFind(content, EventTags.ConnectionError, unique: false, out text));
            case Event.PacketDropFieldNumber:
                return (default, EventField.TryFind(content, EventTags.DropReason, unique: false, out text));
            default:
                text = default;
                return default;
        }
    }

    private void Count(
        ReadOnlySpan<byte> type, ReadOnlySpan<byte> node, ReadOnlySpan<byte> space, int detail,
        ConnectionDetail.Types.Outcome outcome, ReadOnlySpan<byte> text, bool failed)
    {
        var kind = new SegmentCounts.Kind(NumberOf(type), NumberOf(node), NumberOf(space), detail, outcome, NumberOf(text), failed);
        CollectionsMarshal.GetValueRefOrAddDefault(_kinds, kind, out _)++;
    }

    private int NumberOf(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return 0;
        }

        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, NameHash.Of(name), out var known);
        if (known && name.SequenceEqual(_names[number]))
        {
            return number;
        }

        // Another name with that hash: rare, and then it takes longer.
        var found = known ? IndexOf(name) : -1;
        if (found >= 0)
        {
            return found;
        }

        _names.Add(name.ToArray());
        return number = _names.Count - 1;
    }

    private int IndexOf(ReadOnlySpan<byte> name)
    {
        for (var index = 1; index < _names.Count; index++)
        {
            if (name.SequenceEqual(_names[index]))
            {
                return index;
            }
        }

        return -1;
    }

    private void AddColumns(in EventColumns columns)
    {
        if (columns.Source is { } source)
        {
            _values.Add(ValueIndex.Hash(ColumnFlags.HasSource, source));
        }

        if (columns.Destination is { } destination)
        {
            _values.Add(ValueIndex.Hash(ColumnFlags.HasDestination, destination));
        }

        if (columns.DestinationPort is { } port)
        {
            _values.Add(ValueIndex.Hash(ColumnFlags.HasDestinationPort, port));
        }
    }
}
