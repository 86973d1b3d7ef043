using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>What one end says of a moment of a connection: enough to know the other end's event of the same moment.</summary>
internal struct ConnectionEnd
{
    // The handshake ends at both ends within a round trip, unless its last segment is lost: then the server sends the one
    // before again, after 1, 3 and 7 s.
    private const ulong SameTuple = 10_000_000_000;

    // Where a connection was open before its agent started, only its end is known. A side that closed first may keep the
    // other waiting; no tuple is used again within the 60 s of TIME_WAIT, and then the nearest one counts.
    private const ulong SameTupleByEnd = 60_000_000_000;

    // A machine may use a port for connections to several destinations at once. So where the destination differs, the two must
    // be of the same second: a round trip and a busy machine.
    private const ulong OtherDestination = 1_000_000_000;

    // Where it is not known how far clocks are off.
    private const ulong UnknownClocks = 60_000_000_000;

    private const ulong Exactness = 1ul << 62;
    private const ulong Nearness = 1ul << 61;

    /// <summary>No pair.</summary>
    public const ulong Never = ulong.MaxValue;

    /// <summary>The end that opened the connection, as <see cref="EventColumns.Source"/>.</summary>
    public ulong SourceHigh, SourceLow;

    /// <summary>The other end.</summary>
    public ulong DestinationHigh, DestinationLow;

    /// <summary>When the handshake ended, by one clock for all nodes; 0 where that is not known.</summary>
    public long Established;

    /// <summary>When it happened, by that clock.</summary>
    public long Time;

    /// <summary>How far the two may be off, in nanoseconds; -1 where that is not known.</summary>
    public long Uncertainty;

    /// <summary>The node that says so.</summary>
    public int Node;

    public ushort SourcePort, DestinationPort;

    public ConnectionRole Role;

    /// <summary>The end of an event, as far as the columns say. Null for one without both addresses and ports.</summary>
    public static ConnectionEnd? Of(in EventColumns columns, ConnectionRole role, in NodeClock clock)
    {
        const ColumnFlags Tuple = ColumnFlags.HasSource | ColumnFlags.HasDestination
            | ColumnFlags.HasSourcePort | ColumnFlags.HasDestinationPort;
        if ((columns.Flags & Tuple) != Tuple)
        {
            return null;
        }

        return new ConnectionEnd
        {
            SourceHigh = columns.SourceHigh,
            SourceLow = columns.SourceLow,
            DestinationHigh = columns.DestinationHigh,
            DestinationLow = columns.DestinationLow,
            SourcePort = columns.SourcePortValue,
            DestinationPort = columns.DestinationPortValue,
            Time = unchecked(columns.Time - clock.OffsetNanos),
            Uncertainty = clock.UncertaintyNanos,
            Node = clock.Node,
            Role = role,
        };
    }

    /// <summary>How well two ends of opposite roles fit: less is better; <see cref="Never"/> where they are of different
    /// connections.</summary>
    public static ulong Distance(in ConnectionEnd one, in ConnectionEnd other)
    {
        if (one.SourcePort != other.SourcePort || one.SourceLow != other.SourceLow || one.SourceHigh != other.SourceHigh)
        {
            return Never;
        }

        var sameNode = one.Node == other.Node;
        var sameTuple = one.DestinationPort == other.DestinationPort && one.DestinationLow == other.DestinationLow
            && one.DestinationHigh == other.DestinationHigh;
        if (!sameNode && IsLocal(one.SourceHigh, one.SourceLow))
        {
            return Never;
        }

        var byStart = one.Established != 0 && other.Established != 0;
        var apart = byStart ? UnixNanos.Apart(one.Established, other.Established) : UnixNanos.Apart(one.Time, other.Time);
        var known = sameNode || (one.Uncertainty >= 0 && other.Uncertainty >= 0);
        var clocks = sameNode ? 0 : known ? (ulong)one.Uncertainty + (ulong)other.Uncertainty : UnknownClocks;
        if (!sameTuple && (!byStart || clocks > OtherDestination))
        {
            return Never;
        }

        var most = clocks + (!sameTuple ? OtherDestination : byStart ? SameTuple : SameTupleByEnd);
        return apart > most ? Never : apart | (sameTuple ? 0 : Exactness) | (sameNode ? 0 : Nearness);
    }

    // Loopback and link-local addresses are others on each node.
    private static bool IsLocal(ulong high, ulong low) =>
        high == 0 && (low == 1 || low >> 24 == 0xffff_7f || low >> 16 == 0xffff_a9fe) || high >> 54 == 0xfe80 >> 6;
}
