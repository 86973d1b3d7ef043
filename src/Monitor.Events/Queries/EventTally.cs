using System.Runtime.InteropServices;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Counts events by their encoded bytes, without decoding them to objects.</summary>
internal sealed class EventTally : IEventTally
{
    private readonly NameCounts _nodes = NameCounts.OfNodes();
    private readonly NameCounts _errors = NameCounts.OfTexts();
    private readonly NameCounts _reasons = NameCounts.OfTexts();
    private readonly Dictionary<ConnectionDetail.Types.Outcome, long> _outcomes = [];

    public long Count { get; private set; }

    public long Failed { get; private set; }

    public bool TakesCountsOf(long minTime, long maxTime) => true;

    public IReadOnlyDictionary<string, long> ByNode => _nodes.ToDictionary();

    public IReadOnlyDictionary<string, long> ByError => _errors.ToDictionary();

    public IReadOnlyDictionary<string, long> ByReason => _reasons.ToDictionary();

    public IReadOnlyDictionary<ConnectionDetail.Types.Outcome, long> ByOutcome => _outcomes;

    public void Add(in EventColumns columns, ReadOnlySpan<byte> message)
    {
        Count++;
        Failed += columns.Failed ? 1 : 0;
        if ((columns.Flags & ColumnFlags.Unique) == 0)
        {
            // The generated parser merges fields that occur twice. No agent encodes events like that.
            AddParsed(Event.Parser.ParseFrom(message));
            return;
        }

        // The detail is a oneof: the last one counts.
        var detail = 0u;
        ReadOnlySpan<byte> content = default;
        ReadOnlySpan<byte> node = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag == EventTags.NodeName && reader.TryReadBytes(out var name))
            {
                node = name;
            }
            else if (tag is EventTags.Connection or EventTags.PacketDrop && reader.TryReadBytes(out var bytes))
            {
                detail = tag;
                content = bytes;
            }
            else if (tag is EventTags.NodeName or EventTags.Connection or EventTags.PacketDrop || !reader.TrySkip(tag))
            {
                break;
            }
        }

        _nodes.Add(node);
        switch (detail)
        {
            case EventTags.Connection: AddConnection(content); break;
            case EventTags.PacketDrop: AddDrop(content); break;
        }
    }

    public void Add(long time, SegmentCounts counts, in SegmentCounts.Row row)
    {
        Count += row.Count;
        Failed += row.Kind.Failed ? row.Count : 0;
        _nodes.Add(counts.Names[row.Kind.Node], row.Count);
        var text = counts.Names[row.Kind.Text];
        switch (row.Kind.Detail)
        {
            case Event.ConnectionFieldNumber:
                CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, row.Kind.Outcome, out _) += row.Count;
                if (text.Length > 0)
                {
                    _errors.Add(text, row.Count);
                }

                break;
            case Event.PacketDropFieldNumber:
                _reasons.Add(text, row.Count);
                break;
        }
    }

    /// <summary>Adds what another one has counted.</summary>
    public void Add(EventTally other)
    {
        Count += other.Count;
        Failed += other.Failed;
        _nodes.Add(other.ByNode);
        _errors.Add(other.ByError);
        _reasons.Add(other.ByReason);
        foreach (var (outcome, count) in other._outcomes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, outcome, out _) += count;
        }
    }

    private void AddConnection(ReadOnlySpan<byte> detail)
    {
        var outcome = ConnectionDetail.Types.Outcome.Unspecified;
        ReadOnlySpan<byte> error = default;
        var reader = new WireReader(detail);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag == EventTags.Outcome && reader.TryReadVarint(out var number))
            {
                outcome = (ConnectionDetail.Types.Outcome)(int)number;
            }
            else if (tag == EventTags.ConnectionError && reader.TryReadBytes(out var text))
            {
                error = text;
            }
            else if (tag is EventTags.Outcome or EventTags.ConnectionError || !reader.TrySkip(tag))
            {
                break;
            }
        }

        AddOutcome(outcome);
        if (!error.IsEmpty)
        {
            _errors.Add(error);
        }
    }

    private void AddDrop(ReadOnlySpan<byte> detail)
    {
        // The last occurrence of a field counts.
        EventField.TryFind(detail, EventTags.DropReason, unique: false, out var reason);
        _reasons.Add(reason);
    }

    private void AddParsed(Event parsed)
    {
        _nodes.Add(System.Text.Encoding.UTF8.GetBytes(parsed.NodeName));
        if (parsed.Connection is { } connection)
        {
            AddOutcome(connection.Outcome);
            if (connection.Error.Length > 0)
            {
                _errors.Add(System.Text.Encoding.UTF8.GetBytes(connection.Error));
            }
        }
        else if (parsed.PacketDrop is { } drop)
        {
            _reasons.Add(System.Text.Encoding.UTF8.GetBytes(drop.Reason));
        }
    }

    private void AddOutcome(ConnectionDetail.Types.Outcome outcome) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, outcome, out _)++;
}
