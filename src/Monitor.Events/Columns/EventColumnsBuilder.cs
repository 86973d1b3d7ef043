using System.Buffers.Binary;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Makes <see cref="EventColumns"/> together with an event. Each setter is a store or two. Columns that are not set are
/// absent. Filters trust that the columns are equal to what <c>EventColumns.TryParse</c> would read from the encoded
/// event, and that the encoded event has no field twice.
/// </summary>
public struct EventColumnsBuilder
{
    private EventColumns _columns;

    /// <summary>Starts the columns of one event.</summary>
    /// <param name="timeUnixNanos">Wall-clock time in nanoseconds since 1970.</param>
    /// <param name="typeId">The event's type, from the log's <see cref="EventTypeTable"/>.</param>
    public EventColumnsBuilder(long timeUnixNanos, byte typeId)
    {
        _columns.Time = timeUnixNanos;
        _columns.Type = typeId;
        _columns.Flags = ColumnFlags.Unique;
    }

    /// <summary>Marks the event as one that reports a failure; see <see cref="EventFailure"/>.</summary>
    public void SetFailed() => _columns.Flags |= ColumnFlags.Failed;

    /// <summary>Sets the process id; 0 is valid.</summary>
    public void SetPid(uint pid)
    {
        _columns.PidValue = pid;
        _columns.Flags |= ColumnFlags.HasPid;
    }

    /// <summary>Sets the source port.</summary>
    public void SetSourcePort(ushort port)
    {
        _columns.SourcePortValue = port;
        _columns.Flags |= ColumnFlags.HasSourcePort;
    }

    /// <summary>Sets the destination port.</summary>
    public void SetDestinationPort(ushort port)
    {
        _columns.DestinationPortValue = port;
        _columns.Flags |= ColumnFlags.HasDestinationPort;
    }

    /// <summary>Sets the protocol.</summary>
    /// <param name="number">The number whose name in <see cref="Protocol.IpProtocols"/> the event carries.</param>
    public void SetProtocol(int number)
    {
        _columns.ProtocolCode = (byte)Math.Min((uint)number, EventColumns.OtherProtocol);
        _columns.Flags |= ColumnFlags.HasProtocol;
    }

    /// <summary>Sets the hash of the command, from <see cref="EventColumns.Hash(string)"/>.</summary>
    public void SetCommand(uint hash) => _columns.CommandHash = NameHash.To16(hash);

    /// <summary>Sets the hash of the node's name.</summary>
    public void SetNodeName(uint hash) => _columns.NodeHash = NameHash.To8(hash);

    /// <summary>Sets the hash of the Kubernetes node's name.</summary>
    public void SetKubernetesNodeName(uint hash) => _columns.KubernetesNodeHash = NameHash.To8(hash);

    /// <summary>Sets the hash of the pod's name.</summary>
    public void SetKubernetesPodName(uint hash) => _columns.PodHash = NameHash.To16(hash);

    /// <summary>Sets the hash of the pod's namespace.</summary>
    public void SetKubernetesNamespace(uint hash) => _columns.NamespaceHash = NameHash.To16(hash);

    /// <summary>Says that the event names its peer: it has one of the <c>peer_*</c> fields.</summary>
    public void SetPeer() => _columns.Flags |= ColumnFlags.HasPeer;

    /// <summary>Sets the source address.</summary>
    /// <param name="networkOrder">4 or 16 bytes in network order; an IPv4-mapped address counts as IPv4.</param>
    public void SetSource(ReadOnlySpan<byte> networkOrder)
    {
        (_columns.SourceHigh, _columns.SourceLow) = Address(networkOrder);
        _columns.Flags |= ColumnFlags.HasSource;
    }

    /// <summary>Sets the destination address, as <see cref="SetSource"/>.</summary>
    public void SetDestination(ReadOnlySpan<byte> networkOrder)
    {
        (_columns.DestinationHigh, _columns.DestinationLow) = Address(networkOrder);
        _columns.Flags |= ColumnFlags.HasDestination;
    }

    /// <summary>The columns so far.</summary>
    public readonly EventColumns Build() => _columns;

    private static (ulong High, ulong Low) Address(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => (0, IpText.Ipv4Prefix | BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
        _ => throw new ArgumentException($"An address has 4 or 16 bytes, not {bytes.Length}.", nameof(bytes)),
    };
}
