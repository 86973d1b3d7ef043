using Monitor.Protocol;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.Events;

/// <summary>
/// Reads <see cref="EventColumns"/> from the bytes of an event. Follows the merge rules of every
/// parser: the last value of a repeated scalar counts, a message that occurs twice is merged, and a known field number
/// with another wire type is an unknown field.
/// </summary>
internal static class EventColumnsParser
{
    private const ulong MaxPort = ushort.MaxValue;

    public static bool TryParse(
        ReadOnlySpan<byte> bytes, EventTypeTable types, out EventColumns columns, out EventIdentity identity)
    {
        columns = default;
        identity = default;
        var reader = new WireReader(bytes);
        var type = ReadOnlySpan<byte>.Empty;
        var time = default(WireTime);
        var hasTime = false;
        var detail = 0u;
        var outcome = 0;
        var handshake = default(WireTime);
        var seen = 0ul;
        var failed = false;
        var details = 0;
        var flags = ColumnFlags.Unique;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            if ((tag & 7) == WireReader.Varint)
            {
                if (tag is not (EventTags.Sequence or EventTags.Pid or EventTags.SourcePort or EventTags.DestinationPort))
                {
                    if (!reader.TrySkip(tag))
                    {
                        return false;
                    }

                    continue;
                }

                if (!reader.TryReadVarint(out var number))
                {
                    return false;
                }

                switch (tag)
                {
                    case EventTags.Sequence:
                        identity.Sequence = number;
                        break;
                    case EventTags.Pid:
                        columns.PidValue = (uint)number;
                        flags |= ColumnFlags.HasPid;
                        break;
                    case EventTags.SourcePort:
                        columns.SourcePortValue = (ushort)number;
                        flags = Set(flags, ColumnFlags.HasSourcePort, (uint)number <= MaxPort);
                        break;
                    case EventTags.DestinationPort:
                        columns.DestinationPortValue = (ushort)number;
                        flags = Set(flags, ColumnFlags.HasDestinationPort, (uint)number <= MaxPort);
                        break;
                }

                continue;
            }

            if ((tag & 7) != WireReader.LengthDelimited || tag > EventTags.PeerEventId)
            {
                if (!reader.TrySkip(tag))
                {
                    return false;
                }

                continue;
            }

            if (!reader.TryReadBytes(out var value))
            {
                return false;
            }

            var bit = 1ul << (int)(tag >> 3);
            if ((seen & bit) != 0)
            {
                flags &= ~ColumnFlags.Unique;
            }

            seen |= bit;

            // Messages first. Field numbers between these and the texts are reserved for later fields.
            switch (tag)
            {
                case EventTags.Time:
                    hasTime = true;
                    if (!time.TryMerge(value))
                    {
                        return false;
                    }

                    continue;
                case EventTags.Connection:
                    if (detail != EventTags.Connection)
                    {
                        outcome = 0;
                        handshake = default;
                    }

                    detail = EventTags.Connection;
                    if (!TryReadConnection(value, ref outcome, ref handshake))
                    {
                        return false;
                    }

                    continue;
                case EventTags.PacketDrop:
                    detail = EventTags.PacketDrop;
                    if (!TryReadPacketDrop(value))
                    {
                        return false;
                    }

                    continue;
                case > EventTags.DestinationName and < EventTags.KubernetesWorkloadKind:
                    if (DetailReader.Has(tag))
                    {
                        detail = tag;
                        if (!DetailReader.TryRead(tag, value, out failed, out var repeats))
                        {
                            return false;
                        }

                        details += repeats ? 2 : 1;
                    }

                    continue;
            }

            if (!WireReader.IsText(value))
            {
                return false;
            }

            switch (tag)
            {
                case EventTags.Id:
                    identity.Id = value;
                    break;
                case EventTags.Type:
                    type = value;
                    break;
                case EventTags.NodeName:
                    identity.NodeName = value;
                    columns.NodeHash = NameHash.To8(NameHash.Of(value));
                    break;
                case EventTags.KubernetesNodeName:
                    columns.KubernetesNodeHash = NameHash.To8(NameHash.Of(value));
                    break;
                case EventTags.KubernetesPodName:
                    columns.PodHash = NameHash.To16(NameHash.Of(value));
                    break;
                case EventTags.KubernetesNamespace:
                    columns.NamespaceHash = NameHash.To16(NameHash.Of(value));
                    break;
                case EventTags.Command:
                    columns.CommandHash = NameHash.To16(NameHash.Of(value));
                    break;
                case EventTags.Protocol:
                    columns.ProtocolCode = ProtocolText.Code(value);
                    flags |= ColumnFlags.HasProtocol;
                    break;
                case >= EventTags.PeerPodName and < EventTags.PeerEventId:
                    flags |= ColumnFlags.HasPeer;
                    break;
                case EventTags.SourceIp:
                    flags = Set(flags, ColumnFlags.HasSource,
                        IpText.TryParse(value, out columns.SourceHigh, out columns.SourceLow));
                    break;
                case EventTags.DestinationIp:
                    flags = Set(flags, ColumnFlags.HasDestination,
                        IpText.TryParse(value, out columns.DestinationHigh, out columns.DestinationLow));
                    break;
            }
        }

        if (hasTime)
        {
            if (!UnixNanos.IsValid(time.Seconds, time.Nanos))
            {
                return false;
            }

            columns.Time = UnixNanos.From(time.Seconds, time.Nanos);
        }

        if (detail == EventTags.Connection && !WireDuration.IsValid(handshake.Seconds, handshake.Nanos))
        {
            return false;
        }

        if (details > 0 && (details > 1 || (seen & (1ul << Event.ConnectionFieldNumber | 1ul << Event.PacketDropFieldNumber)) != 0))
        {
            // No agent encodes events like that.
            failed = Event.Parser.ParseFrom(bytes).ReportsFailure();
        }

        if (detail == EventTags.PacketDrop || detail == EventTags.Connection && ((Outcome)outcome).IsFailure()
            || DetailReader.Has(detail) && failed)
        {
            flags |= ColumnFlags.Failed;
        }

        columns.Flags = flags;
        columns.Type = types.GetOrAdd(type);
        return true;
    }

    private static ColumnFlags Set(ColumnFlags flags, ColumnFlags flag, bool on) => on ? flags | flag : flags & ~flag;

    private static bool TryReadConnection(ReadOnlySpan<byte> bytes, ref int outcome, ref WireTime handshake)
    {
        var reader = new WireReader(bytes);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            switch (tag)
            {
                case EventTags.Outcome:
                    if (!reader.TryReadVarint(out var value))
                    {
                        return false;
                    }

                    outcome = (int)value;
                    break;
                case EventTags.ConnectionError:
                    if (!reader.TryReadText(out _))
                    {
                        return false;
                    }

                    break;
                case EventTags.HandshakeTime:
                    if (!reader.TryReadBytes(out var duration) || !handshake.TryMerge(duration))
                    {
                        return false;
                    }

                    break;
                default:
                    if (!reader.TrySkip(tag))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    private static bool TryReadPacketDrop(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            if (tag is EventTags.DropReason or EventTags.DropSymbol or EventTags.DropInterface or EventTags.DropExplanation)
            {
                if (!reader.TryReadText(out _))
                {
                    return false;
                }
            }
            else if (!reader.TrySkip(tag))
            {
                return false;
            }
        }

        return true;
    }
}
