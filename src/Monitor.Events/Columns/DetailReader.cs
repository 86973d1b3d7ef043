using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Checks the encoded details of those event types that come less often than attempts and drops, by the contract's own
/// descriptors: a later field needs no code here. Whether the event reports a failure is read on the way.
/// </summary>
internal static class DetailReader
{
    private const uint First = Event.AcceptFieldNumber, Last = Event.CustomFieldNumber;

    // Of each detail by field number: what its bytes are.
    private static readonly Content[][] Contents =
    [
        .. Enumerable.Range((int)First, (int)(Last - First))
            .Select(number => ContentsOf(Event.Descriptor.FindFieldByNumber(number).MessageType)),
    ];

    /// <summary>Whether a field of Event is one of these details.</summary>
    public static bool Has(uint tag) => tag >> 3 is >= First and <= Last;

    /// <summary>Reads one detail.</summary>
    /// <param name="tag">Of its field in Event, for which <see cref="Has"/> is true.</param>
    /// <param name="bytes">The detail, which may be anything.</param>
    /// <param name="failed">Whether the event reports a failure, as <see cref="EventFailure"/> says.</param>
    /// <param name="repeats">Whether a field occurs twice: then only a whole parser tells what counts.</param>
    /// <returns>False where it is malformed, a text is not UTF-8 or a duration is out of range.</returns>
    public static bool TryRead(uint tag, ReadOnlySpan<byte> bytes, out bool failed, out bool repeats)
    {
        if (tag == EventTags.Custom)
        {
            repeats = false;
            return CustomReader.TryRead(bytes, out failed);
        }

        var contents = Contents[(tag >> 3) - First];
        var reader = new WireReader(bytes);
        var seen = 0ul;
        var number = 0ul;
        var code = ReadOnlySpan<byte>.Empty;
        failed = false;
        repeats = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var field))
            {
                return false;
            }

            var index = field >> 3;
            var content = index < contents.Length && (field & 7) == WireReader.LengthDelimited ? contents[index] : Content.Other;
            var bit = index < 64 ? 1ul << (int)index : 0;
            repeats |= (seen & bit) != 0 && content != Content.Texts;
            seen |= bit;
            switch (content)
            {
                case Content.Text or Content.Texts:
                    if (!reader.TryReadText(out var text))
                    {
                        return false;
                    }

                    code = field == EventTags.DnsResponseCode ? text : code;
                    break;
                case Content.Duration:
                    var duration = default(WireTime);
                    if (!reader.TryReadBytes(out var value) || !duration.TryMerge(value) ||
                        !WireDuration.IsValid(duration.Seconds, duration.Nanos))
                    {
                        return false;
                    }

                    break;
                default:
                    if (field != Verdict(tag))
                    {
                        if (!reader.TrySkip(field))
                        {
                            return false;
                        }
                    }
                    else if (!reader.TryReadVarint(out number))
                    {
                        return false;
                    }

                    break;
            }
        }

        failed = (tag >> 3) switch
        {
            Event.AcceptFieldNumber => number != 0,
            Event.CloseFieldNumber => ((CloseDetail.Types.Cause)(int)number).IsFailure(),
            Event.DnsFieldNumber => ((DnsDetail.Types.Outcome)(int)number).IsFailure(code),
            Event.ResetFieldNumber or Event.ListenOverflowFieldNumber => true,
            _ => false,
        };
        return true;
    }

    // The number in which a detail says how it went.
    private static uint Verdict(uint tag) => (tag >> 3) switch
    {
        Event.AcceptFieldNumber => AcceptDetail.AbandonedFieldNumber << 3 | WireReader.Varint,
        Event.CloseFieldNumber => CloseDetail.CauseFieldNumber << 3 | WireReader.Varint,
        Event.DnsFieldNumber => DnsDetail.OutcomeFieldNumber << 3 | WireReader.Varint,
        _ => 0,
    };

    private static Content[] ContentsOf(MessageDescriptor detail)
    {
        var contents = new Content[detail.Fields.InFieldNumberOrder().Max(field => field.FieldNumber) + 1];
        foreach (var field in detail.Fields.InFieldNumberOrder())
        {
            contents[field.FieldNumber] = field.FieldType switch
            {
                FieldType.String => field.IsRepeated ? Content.Texts : Content.Text,
                FieldType.Message when field.MessageType == Duration.Descriptor && !field.IsRepeated => Content.Duration,
                FieldType.Message or FieldType.Group or FieldType.Bytes =>
                    throw new InvalidOperationException($"{field.FullName}: nobody reads such a field here"),
                _ => Content.Other,
            };
        }

        return contents;
    }

    private enum Content : byte
    {
        Other,
        Text,
        Texts,
        Duration,
    }
}
