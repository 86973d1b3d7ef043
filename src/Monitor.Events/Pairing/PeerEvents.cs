using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Pairs attempts that connected with their accepts, of all nodes, as they come to a log: of two that belong together, the
/// later one gets <c>peer_event_id</c>. Costs as much as reading the columns for each of these events, and a twentieth of it for
/// others. Not safe for threads.
/// </summary>
public sealed class PeerEvents
{
    /// <summary>How many events it remembers at most by default: a minute of a thousand connections a second. They take 6 MB
    /// where all are in use.</summary>
    public const int DefaultCapacity = 1 << 16;

    // Its IANA number.
    private const byte Tcp = 6;

    // Tag, length and the longest id.
    private const int MaxFieldBytes = 3 + EventId.MaxLength;

    private readonly EventTypeTable _types;
    private readonly ConnectionPairs<(ulong Epoch, ulong Sequence)> _pairs;
    private readonly byte[] _field = new byte[MaxFieldBytes];
    private readonly Kind[] _kinds = new Kind[256];

    /// <param name="types">The type table of the log.</param>
    /// <param name="capacity">How many events are remembered, at most.</param>
    public PeerEvents(EventTypeTable types, int capacity = DefaultCapacity)
    {
        ArgumentNullException.ThrowIfNull(types);
        _types = types;
        _pairs = new ConnectionPairs<(ulong, ulong)>(capacity);
    }

    /// <summary>Takes the next event of the log into account.</summary>
    /// <param name="columns">Its columns.</param>
    /// <param name="encodedEvent">Its bytes.</param>
    /// <param name="epoch">The run that it is of.</param>
    /// <param name="sequence">Its sequence in that run.</param>
    /// <param name="clock">The node's clock.</param>
    /// <returns>The encoded <c>peer_event_id</c>; empty where the other event is not known. Valid until the next call.</returns>
    public ReadOnlySpan<byte> Find(
        in EventColumns columns, ReadOnlySpan<byte> encodedEvent, ulong epoch, ulong sequence, in NodeClock clock)
    {
        var kind = _kinds[columns.Type];
        if (kind == Kind.Unknown)
        {
            kind = KindOf(columns.Type);
        }

        if (kind == Kind.Other || !TryRead(kind, columns, encodedEvent, clock, out var end))
        {
            return [];
        }

        if (!_pairs.TryTake(end, out var other))
        {
            _pairs.Add(end, (epoch, sequence), out _);
            return [];
        }

        Span<byte> id = stackalloc byte[EventId.MaxLength];
        EventId.TryFormat(other.Value.Epoch, other.Value.Sequence, id, out var length);
        var writer = new WireWriter(_field);
        writer.Bytes(Event.PeerEventIdFieldNumber, id[..length]);
        return _field.AsSpan(0, writer.Length);
    }

    private static bool TryRead(
        Kind kind, in EventColumns columns, ReadOnlySpan<byte> bytes, in NodeClock clock, out ConnectionEnd end)
    {
        end = default;
        // No agent encodes a field twice, or knows the other side's event.
        if ((columns.Flags & ColumnFlags.Unique) == 0 || columns.ProtocolCode != Tcp
            || EventField.TryFind(bytes, EventTags.PeerEventId, unique: true, out _))
        {
            return false;
        }

        var role = kind == Kind.Attempt ? ConnectionRole.Attempt : ConnectionRole.Accept;
        if (ConnectionEnd.Of(columns, role, clock) is not { } made
            || !EventField.TryFind(bytes, kind == Kind.Attempt ? EventTags.Connection : EventTags.Accept, unique: true, out var detail))
        {
            return false;
        }

        var facts = DetailFacts.Read(kind == Kind.Attempt ? EventTags.Connection : EventTags.Accept, detail);
        end = made;
        end.Established = unchecked(end.Time - facts.SinceEstablished);
        return kind == Kind.Accept || facts.Outcome == ConnectionDetail.Types.Outcome.Connected;
    }

    // Once for each type: its number never changes.
    private Kind KindOf(byte type) => _kinds[type] = _types.Name(type) switch
    {
        "connection" => Kind.Attempt,
        "accept" => Kind.Accept,
        _ => Kind.Other,
    };

    private enum Kind : byte
    {
        Unknown,
        Other,
        Attempt,
        Accept,
    }
}
