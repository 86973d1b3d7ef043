using System.Text.Unicode;
using Monitor.Protocol;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.EventLog;

/// <summary>
/// Reads <see cref="EventColumns"/> from the bytes of an event. Follows the rules by which every parser merges: of a
/// field that comes twice the last counts, a message that comes twice is merged, a known number with another wire type
/// is an unknown field.
/// </summary>
internal static class EventWireParser
{
    private const ulong MaxPort = ushort.MaxValue;

    public static bool TryParse(ReadOnlySpan<byte> bytes, EventTypeTable types, out EventColumns columns)
    {
        columns = default;
        var reader = new WireReader(bytes);
        var type = ReadOnlySpan<byte>.Empty;
        long seconds = 0;
        var nanos = 0;
        var hasTime = false;
        var detail = 0u;
        var outcome = 0;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            if ((tag & 7) == WireReader.LengthDelimited)
            {
                if (!reader.TryReadBytes(out var value))
                {
                    return false;
                }

                switch (tag)
                {
                    case EventTags.Time:
                        hasTime = true;
                        if (!TryReadTime(value, ref seconds, ref nanos))
                        {
                            return false;
                        }

                        continue;
                    case EventTags.Connection:
                        if (detail != EventTags.Connection)
                        {
                            detail = EventTags.Connection;
                            outcome = 0;
                        }

                        if (!TryReadConnection(value, ref outcome))
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
                    case > EventTags.Destination:
                        continue;
                }

                // Everything else up to here is text.
                if (!Utf8.IsValid(value))
                {
                    return false;
                }

                switch (tag)
                {
                    case EventTags.Type:
                        type = value;
                        break;
                    case EventTags.NodeName:
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
                        columns.Flags |= ColumnFlags.HasProtocol;
                        break;
                    case EventTags.SourceIp:
                        Set(ref columns, ColumnFlags.HasSource,
                            IpText.TryParse(value, out columns.SourceHigh, out columns.SourceLow));
                        break;
                    case EventTags.DestinationIp:
                        Set(ref columns, ColumnFlags.HasDestination,
                            IpText.TryParse(value, out columns.DestinationHigh, out columns.DestinationLow));
                        break;
                }
            }
            else if ((tag & 7) == WireReader.Varint)
            {
                if (!reader.TryReadVarint(out var value))
                {
                    return false;
                }

                switch (tag)
                {
                    case EventTags.Pid:
                        columns.PidValue = (uint)value;
                        columns.Flags |= ColumnFlags.HasPid;
                        break;
                    case EventTags.SourcePort:
                        columns.SourcePortValue = (ushort)value;
                        Set(ref columns, ColumnFlags.HasSourcePort, (uint)value <= MaxPort);
                        break;
                    case EventTags.DestinationPort:
                        columns.DestinationPortValue = (ushort)value;
                        Set(ref columns, ColumnFlags.HasDestinationPort, (uint)value <= MaxPort);
                        break;
                }
            }
            else if (!reader.TrySkip(tag))
            {
                return false;
            }
        }

        if (hasTime)
        {
            if (!UnixNanos.IsValid(seconds, nanos))
            {
                return false;
            }

            columns.Time = UnixNanos.From(seconds, nanos);
        }

        if (detail == EventTags.PacketDrop || detail == EventTags.Connection && ((Outcome)outcome).IsFailure())
        {
            columns.Flags |= ColumnFlags.Failed;
        }

        columns.Type = types.GetOrAdd(type);
        return true;
    }

    private static void Set(ref EventColumns columns, ColumnFlags flag, bool on) =>
        columns.Flags = on ? columns.Flags | flag : columns.Flags & ~flag;

    private static bool TryReadTime(ReadOnlySpan<byte> bytes, ref long seconds, ref int nanos)
    {
        var reader = new WireReader(bytes);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            if ((tag & 7) != WireReader.Varint)
            {
                if (!reader.TrySkip(tag))
                {
                    return false;
                }

                continue;
            }

            if (!reader.TryReadVarint(out var value))
            {
                return false;
            }

            if (tag == EventTags.Seconds)
            {
                seconds = (long)value;
            }
            else if (tag == EventTags.Nanos)
            {
                nanos = (int)value;
            }
        }

        return true;
    }

    private static bool TryReadConnection(ReadOnlySpan<byte> bytes, ref int outcome)
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
                    if (!reader.TryReadBytes(out var error) || !Utf8.IsValid(error))
                    {
                        return false;
                    }

                    break;
                case EventTags.HandshakeTime:
                    long seconds = 0;
                    var nanos = 0;
                    if (!reader.TryReadBytes(out var duration) || !TryReadTime(duration, ref seconds, ref nanos))
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

            if (tag is EventTags.DropReason or EventTags.DropSymbol or EventTags.DropInterface)
            {
                if (!reader.TryReadBytes(out var text) || !Utf8.IsValid(text))
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
