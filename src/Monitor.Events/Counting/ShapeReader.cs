using System.Globalization;
using System.Text;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Reads what metrics need of one event, and the mask of its shape. Is used again for the next. One thread at a time.</summary>
internal sealed class ShapeReader
{
    private const int MaxField = 64;
    private const byte Whole = 0xff, MoreFollows = 0x80, Nothing = 0;

    private readonly NetworkLabel[] _labels;
    private readonly bool[] _isLabel = new bool[MaxField];
    private readonly (int Start, int Length, ulong Number)[] _values = new (int, int, ulong)[MaxField];
    private readonly byte[] _mask = new byte[EventShapes.MaxBytes];
    private bool _hasMask;

    public ShapeReader(IReadOnlyList<NetworkLabel> labels)
    {
        _labels = [.. labels];
        foreach (var label in labels)
        {
            _isLabel[label.Field] = true;
            _isLabel[label.KindField] = true;
        }
    }

    /// <summary>Number of the detail's field in Event; 0 for none.</summary>
    public int Detail { get; private set; }

    /// <summary>The value of an enumeration or switch of the detail that becomes a label; 0 where it is unset.</summary>
    public int Code { get; private set; }

    public ConnectionDirection Direction { get; private set; }

    /// <summary>The text of the detail that becomes a label: an error, a reason, a code.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Where its first and second number are; -1 where they are unset.</summary>
    public (int First, int Second) Numbers { get; private set; }

    /// <summary>Where its duration is; length 0 where it has none.</summary>
    public (int At, int Length) Duration { get; private set; }

    /// <summary>The mask for <see cref="EventShape"/>; empty where the entry is too long or too short for one.</summary>
    public ReadOnlySpan<byte> MaskOf(ReadOnlySpan<byte> entry) =>
        _hasMask ? _mask.AsSpan(0, entry.Length) : default;

    /// <summary>Reads an entry: tag, length, event.</summary>
    public void Read(ReadOnlySpan<byte> entry)
    {
        _hasMask = entry.Length >= EventShapes.MinBytes && entry.Length <= EventShapes.MaxBytes;
        Array.Clear(_values);
        BeginDetail(0);
        var reader = new WireReader(entry);
        if (reader.TryReadTag(out _) && reader.TryReadBytes(out var message))
        {
            var start = entry.Length - message.Length;
            Cover(0, start, Whole);
            ReadFields(entry, start, entry.Length, detail: 0);
        }
    }

    /// <summary>The values of the labels.</summary>
    public string[] Labels(ReadOnlySpan<byte> entry, params ReadOnlySpan<string> more)
    {
        var values = new string[_labels.Length + more.Length];
        for (var i = 0; i < _labels.Length; i++)
        {
            var value = ValueOf(entry, _labels[i].Field);
            var kind = _labels[i].KindField == 0 ? "" : ValueOf(entry, _labels[i].KindField);
            values[i] = kind.Length == 0 ? value : $"{kind}/{value}";
        }

        more.CopyTo(values.AsSpan(_labels.Length));
        return values;
    }

    private string ValueOf(ReadOnlySpan<byte> entry, int field)
    {
        var (start, length, number) = _values[field];
        return start == 0 ? ""
            : length == 0 ? number.ToString(CultureInfo.InvariantCulture)
            : Encoding.UTF8.GetString(entry.Slice(start, length));
    }

    private void BeginDetail(int field)
    {
        Detail = field;
        Code = 0;
        Direction = default;
        Text = "";
        Numbers = (-1, -1);
        Duration = default;
    }

    /// <param name="entry">The whole entry.</param>
    /// <param name="start">Where the fields begin.</param>
    /// <param name="end">Where they end.</param>
    /// <param name="detail">Field of the detail that they are of; 0: of the event.</param>
    private void ReadFields(ReadOnlySpan<byte> entry, int start, int end, int detail)
    {
        var reader = new WireReader(entry[start..end]);
        while (!reader.AtEnd)
        {
            var at = start + reader.Position;
            if (!reader.TryReadTag(out var tag))
            {
                return;
            }

            var field = (int)(tag >> 3);
            var valueAt = start + reader.Position;
            Cover(at, valueAt, Whole);
            switch (tag & 7)
            {
                case WireReader.Varint when reader.TryReadVarint(out var number):
                    Cover(valueAt, start + reader.Position, NoteNumber(detail, field, valueAt, number) ? Whole : MoreFollows);
                    break;
                case WireReader.LengthDelimited when reader.TryReadBytes(out var value):
                    var valueEnd = start + reader.Position;
                    Cover(valueAt, valueEnd - value.Length, Whole);
                    ReadBytes(entry, valueEnd - value.Length, valueEnd, detail, field);
                    break;
                default:
                    if (!reader.TrySkip(tag))
                    {
                        return;
                    }

                    Cover(valueAt, start + reader.Position, Nothing);
                    break;
            }
        }
    }

    private void ReadBytes(ReadOnlySpan<byte> entry, int start, int end, int detail, int field)
    {
        if (detail == 0 && IsDetail(field))
        {
            BeginDetail(field);
            ReadFields(entry, start, end, field);
            return;
        }

        var isLabel = false;
        switch (detail, field)
        {
            case (0, < MaxField):
                isLabel = _isLabel[field];
                _values[field] = end > start ? (start, end - start, 0ul) : default;
                break;
            case (Event.ConnectionFieldNumber, ConnectionDetail.ErrorFieldNumber):
            case (Event.PacketDropFieldNumber, PacketDropDetail.ReasonFieldNumber):
            case (Event.DnsFieldNumber, DnsDetail.ResponseCodeFieldNumber):
                isLabel = true;
                Text = Encoding.UTF8.GetString(entry[start..end]);
                break;
            case (Event.ConnectionFieldNumber, ConnectionDetail.HandshakeTimeFieldNumber):
            case (Event.DnsFieldNumber, DnsDetail.LatencyFieldNumber):
                Duration = (start, end - start);
                break;
        }

        Cover(start, end, isLabel ? Whole : Nothing);
    }

    /// <returns>Whether the number becomes a label.</returns>
    private bool NoteNumber(int detail, int field, int at, ulong number)
    {
        switch (detail, field)
        {
            case (0, < MaxField):
                _values[field] = (at, 0, number);
                return _isLabel[field];
            case (Event.ConnectionFieldNumber, ConnectionDetail.OutcomeFieldNumber):
            case (Event.PacketDropFieldNumber, PacketDropDetail.SeverityFieldNumber):
            case (Event.AcceptFieldNumber, AcceptDetail.AbandonedFieldNumber):
            case (Event.CloseFieldNumber, CloseDetail.CauseFieldNumber):
            case (Event.ResetFieldNumber, ResetDetail.SentFieldNumber):
            case (Event.DnsFieldNumber, DnsDetail.OutcomeFieldNumber):
                Code = (int)number;
                return true;
            case (Event.CloseFieldNumber, CloseDetail.DirectionFieldNumber):
            case (Event.RetransmitFieldNumber, RetransmitDetail.DirectionFieldNumber):
            case (Event.ResetFieldNumber, ResetDetail.DirectionFieldNumber):
                Direction = (ConnectionDirection)(int)number;
                return true;
            case (Event.CloseFieldNumber, CloseDetail.BytesSentFieldNumber):
            case (Event.RetransmitFieldNumber, RetransmitDetail.CountFieldNumber):
            case (Event.ListenOverflowFieldNumber, ListenOverflowDetail.CountFieldNumber):
                Numbers = (at, Numbers.Second);
                return false;
            case (Event.CloseFieldNumber, CloseDetail.BytesReceivedFieldNumber):
                Numbers = (Numbers.First, at);
                return false;
            default:
                return false;
        }
    }

    private static bool IsDetail(int field) => field is >= Event.ConnectionFieldNumber and <= Event.ListenOverflowFieldNumber;

    private void Cover(int start, int end, byte mask)
    {
        if (_hasMask)
        {
            _mask.AsSpan(start, end - start).Fill(mask);
        }
    }
}
