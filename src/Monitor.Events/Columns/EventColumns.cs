using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// The columns of one event that filters and queries look at, in front of its encoded bytes: 64 bytes, one cache line,
/// so that a scan over a million events reads 64 MB. Made by <see cref="EventColumnsBuilder"/> together with the event,
/// or by <see cref="TryParse(ReadOnlySpan{byte}, EventTypeTable, out EventColumns)"/>
/// from its bytes.
/// </summary>
/// <remarks>
/// Names are kept as hashes of 16 or 8 bits: a filter that finds its hash compares the encoded bytes too, so that a
/// collision takes time but never gives a wrong event.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public struct EventColumns
{
    internal const int Size = 64;

    /// <summary>Protocol code for all other protocols: the encoded bytes say which.</summary>
    internal const byte OtherProtocol = 255;

    internal long Time;

    /// <summary>End of the entry's bytes in its segment; set by the log. They start where the entry before ends.</summary>
    internal int End;
    internal uint PidValue;
    internal ushort SourcePortValue;
    internal ushort DestinationPortValue;
    internal ColumnFlags Flags;
    internal byte Type;

    /// <summary>Protocol number, or <see cref="OtherProtocol"/>.</summary>
    internal byte ProtocolCode;

    // 0 stands for "has none"; see NameHash.
    internal ushort CommandHash;
    internal ushort PodHash;
    internal ushort NamespaceHash;
    internal byte NodeHash;
    internal byte KubernetesNodeHash;

    // Addresses as IPv6 in host byte order, IPv4 as ::ffff:a.b.c.d.
    internal ulong SourceHigh;
    internal ulong SourceLow;
    internal ulong DestinationHigh;
    internal ulong DestinationLow;

    /// <summary>Wall-clock time in nanoseconds since 1970; 0 if the event has none.</summary>
    public readonly long TimeUnixNanos => Time;

    /// <summary>Number of the event's type in the log's <see cref="EventTypeTable"/>.</summary>
    public readonly byte TypeId => Type;

    /// <summary>Whether the event reports a failure; see <see cref="EventFailure"/>.</summary>
    public readonly bool Failed => (Flags & ColumnFlags.Failed) != 0;

    /// <summary>Whether the event names its peer.</summary>
    public readonly bool HasPeer => (Flags & ColumnFlags.HasPeer) != 0;

    /// <summary>Whether the event is that of a pod whose name and namespace have these hashes (see
    /// <see cref="Hash(string)"/>). A collision is possible: 1 in 2^32. Null is never the same.</summary>
    public readonly bool IsOfPod(uint? nameHash, uint? namespaceHash) =>
        nameHash is { } name && namespaceHash is { } inNamespace
        && PodHash == NameHash.To16(name) && NamespaceHash == NameHash.To16(inNamespace);

    /// <summary>Process id, or null.</summary>
    public readonly uint? Pid => (Flags & ColumnFlags.HasPid) != 0 ? PidValue : null;

    /// <summary>Source port, or null.</summary>
    public readonly ushort? SourcePort => (Flags & ColumnFlags.HasSourcePort) != 0 ? SourcePortValue : null;

    /// <summary>Destination port, or null.</summary>
    public readonly ushort? DestinationPort =>
        (Flags & ColumnFlags.HasDestinationPort) != 0 ? DestinationPortValue : null;

    /// <summary>Source address in network order as a number, IPv4 as ::ffff:a.b.c.d, or null.</summary>
    public readonly UInt128? Source =>
        (Flags & ColumnFlags.HasSource) != 0 ? new UInt128(SourceHigh, SourceLow) : null;

    /// <summary>Destination address, as <see cref="Source"/>.</summary>
    public readonly UInt128? Destination =>
        (Flags & ColumnFlags.HasDestination) != 0 ? new UInt128(DestinationHigh, DestinationLow) : null;

    /// <summary>
    /// The hash of a name for <see cref="EventColumnsBuilder"/>; cache it with names that occur often. It is
    /// different in every process.
    /// </summary>
    public static uint Hash(ReadOnlySpan<byte> utf8) => NameHash.Of(utf8);

    /// <inheritdoc cref="Hash(ReadOnlySpan{byte})"/>
    public static uint Hash(string name) => NameHash.Of(name);

    /// <summary>
    /// Reads the columns from an encoded <see cref="Event"/> that may be anything. Accepts only what every
    /// protobuf parser accepts: known fields are well-formed at all depths, their texts are UTF-8, times are valid.
    /// Unknown fields are skipped. Does not allocate; takes about 100 to 150 ns.
    /// </summary>
    /// <param name="encodedEvent">The bytes of one event, without tag and length.</param>
    /// <param name="types">The type table of the log that the event will be appended to.</param>
    /// <param name="columns">The columns; undefined if the result is false.</param>
    /// <returns>False if the bytes are not a well-formed event.</returns>
    public static bool TryParse(ReadOnlySpan<byte> encodedEvent, EventTypeTable types, out EventColumns columns) =>
        TryParse(encodedEvent, types, out columns, out _);

    /// <summary>Reads the columns and the identity of an event.</summary>
    /// <param name="encodedEvent">The bytes of one event, without tag and length.</param>
    /// <param name="types">The type table of the log that the event will be appended to.</param>
    /// <param name="columns">The columns; undefined if the result is false.</param>
    /// <param name="identity">Sequence and node of the event; undefined if the result is false.</param>
    /// <returns>False if the bytes are not a well-formed event.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> encodedEvent, EventTypeTable types, out EventColumns columns, out EventIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(types);
        return EventColumnsParser.TryParse(encodedEvent, types, out columns, out identity);
    }

    /// <summary>
    /// The columns of a loss, so that readers can add up losses without decoding them. Pid is the slot of the cause,
    /// SourceLow the count.
    /// </summary>
    internal static EventColumns ForLoss(int slot, ulong count, long time) => new()
    {
        Time = time,
        Flags = ColumnFlags.Loss,
        PidValue = (uint)slot,
        SourceLow = count,
    };

    /// <summary>The columns of the event with the fields of a peer behind it.</summary>
    internal readonly EventColumns WithPeer()
    {
        var columns = this;
        // The last value of a field that occurs twice counts.
        columns.Flags = HasPeer ? Flags & ~ColumnFlags.Unique : Flags | ColumnFlags.HasPeer;
        return columns;
    }

    internal readonly bool IsLoss
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Flags & ColumnFlags.Loss) != 0;
    }
}

/// <summary>What an entry is, and which of its columns are set.</summary>
[Flags]
internal enum ColumnFlags : ushort
{
    None = 0,

    /// <summary>The entry is a loss, not an event; see <see cref="EventColumns.ForLoss"/> for its columns.</summary>
    Loss = 1,
    Failed = 2,
    HasPid = 4,
    HasSourcePort = 8,
    HasDestinationPort = 16,
    HasSource = 32,
    HasDestination = 64,
    HasProtocol = 128,

    /// <summary>The encoded event has no field twice: a search for a field can end at its first occurrence.</summary>
    Unique = 256,

    /// <summary>The event names its peer.</summary>
    HasPeer = 512,
}
