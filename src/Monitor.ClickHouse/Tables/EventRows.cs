using System.Buffers;
using System.Text;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.ClickHouse.Tables;

/// <summary>
/// Makes rows of <see cref="ArchiveTable.Events"/> from encoded events, without making objects of them. For one thread at a
/// time.
/// </summary>
/// <param name="types">The type table of the log that the events are from.</param>
internal sealed class EventRows(EventTypeTable types)
{
    // Columns of fixed size with their marks, lengths of texts, and the texts that are not in the event: the outcome and the
    // protocol's name.
    private const int MostBesideTexts = 512;
    private const int Fields = 64;
    private const uint ConnectionIdTag = Event.ConnectionIdFieldNumber << 3 | WireReader.Varint;

    // 30 to 38; the numbers between them are reserved for later ones.
    private const ulong Details = 0x1ful << 30 | 0xful << 35;

    // Names of protocols repeat.
    private static readonly byte[][] Protocols =
        [.. Enumerable.Range(0, IpProtocols.MaxNumber + 1).Select(number => Encoding.UTF8.GetBytes(IpProtocols.Name(number)))];

    /// <summary>Writes one row.</summary>
    /// <param name="encodedEvent">A well-formed event, as the log has it, without tag and length.</param>
    /// <param name="output">Where to.</param>
    public void Write(ReadOnlySpan<byte> encodedEvent, IBufferWriter<byte> output)
    {
        if (!EventColumns.TryParse(encodedEvent, types, out var columns, out var identity))
        {
            throw new InvalidDataException("The log has bytes that are not an event.");
        }

        Span<(int Start, int Length)> texts = stackalloc (int, int)[Fields];
        texts.Clear();
        var (connection, detail, merged) = Find(encodedEvent, texts);
        var (start, length) = texts[detail];
        var parts = merged ? EventDetail.ReadMerged(encodedEvent) : EventDetail.Read(detail, encodedEvent.Slice(start, length));

        // Every text occurs at most twice: in its column and in the event.
        var row = new RowBuilder(output.GetSpan(2 * encodedEvent.Length + MostBesideTexts));
        row.Time(columns.TimeUnixNanos);
        row.UInt64(EventKey.EpochOf(Text(encodedEvent, texts, Event.IdFieldNumber), encodedEvent));
        row.UInt64(identity.Sequence);
        row.Text(Text(encodedEvent, texts, Event.TypeFieldNumber));
        row.Byte(columns.Failed ? (byte)1 : (byte)0);
        row.Text(identity.NodeName);
        row.NullableUInt32(columns.Pid);
        row.Text(Text(encodedEvent, texts, Event.CommandFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.K8SNodeNameFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.K8SPodNameFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.K8SNamespaceFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.K8SWorkloadNameFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.PeerPodNameFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.PeerNamespaceFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.PeerWorkloadNameFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.PeerServiceNameFieldNumber));
        row.Text(Text(encodedEvent, texts, Event.PeerNodeNameFieldNumber));
        row.NullableAddress(columns.Source);
        row.NullableUInt16(columns.SourcePort);
        row.NullableAddress(columns.Destination);
        row.NullableUInt16(columns.DestinationPort);
        row.Text(Text(encodedEvent, texts, Event.DestinationNameFieldNumber));
        row.Text(Protocol(Text(encodedEvent, texts, Event.ProtocolFieldNumber)));
        row.NullableUInt64(connection);
        row.Text(parts.Outcome);
        row.Text(parts.Error);
        row.Text(parts.Reason);
        row.Text(encodedEvent);
        output.Advance(row.Length);
    }

    /// <summary>Where the texts and messages are: of those that occur twice the last, as in every parser.</summary>
    /// <returns>The connection, the field of the detail, 0 for none, and whether details must be merged to one.</returns>
    private static (ulong? Connection, int Detail, bool Merged) Find(
        ReadOnlySpan<byte> encodedEvent, scoped Span<(int Start, int Length)> texts)
    {
        ulong? connection = null;
        var detail = 0;
        var details = 0;
        var reader = new WireReader(encodedEvent);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag == ConnectionIdTag)
            {
                reader.TryReadVarint(out var number);
                connection = number;
                continue;
            }

            var field = (int)(tag >> 3);
            if ((tag & 7) != WireReader.LengthDelimited || field >= Fields)
            {
                reader.TrySkip(tag);
                continue;
            }

            reader.TryReadBytes(out var value);
            texts[field] = (reader.Position - value.Length, value.Length);
            if ((Details & 1ul << field) != 0)
            {
                detail = field;
                details++;
            }
        }

        return (connection, detail, details > 1);
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> encodedEvent, scoped ReadOnlySpan<(int Start, int Length)> texts, int field)
    {
        var (start, length) = texts[field];
        return encodedEvent.Slice(start, length);
    }

    private static ReadOnlySpan<byte> Protocol(ReadOnlySpan<byte> text)
    {
        const int MaxText = 16;
        Span<char> chars = stackalloc char[MaxText];
        return text.SequenceEqual("TCP"u8) ? text
            : text.Length <= MaxText && Encoding.UTF8.TryGetChars(text, chars, out var length)
                && IpProtocols.TryParse(chars[..length], out var number) ? Protocols[number]
            : text;
    }
}
