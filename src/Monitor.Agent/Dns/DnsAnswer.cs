using System.Buffers.Binary;
using System.Buffers.Text;
using Monitor.Agent.Encoding;
using Monitor.Protocol;

namespace Monitor.Agent.Dns;

/// <summary>What a record answers, in presentation format: its data, or the name of its type where that is all we read.</summary>
internal static class DnsAnswer
{
    /// <summary>Most bytes of an answer's text: three numbers and a name.</summary>
    public const int MaxTextBytes = 18 + DnsName.MaxTextBytes;

    // Of a TXT record's data that is looked at.
    private const int MaxTextDataBytes = 128;

    /// <summary>Writes an answer.</summary>
    /// <param name="message">The message that it is in.</param>
    /// <param name="record">The record.</param>
    /// <param name="privacy">Which addresses are not told. Null: all are.</param>
    /// <param name="text">At least <see cref="MaxTextBytes"/>.</param>
    /// <param name="length">Bytes of the text; 0 where there is nothing to tell.</param>
    /// <returns>False where its data is malformed, or longer than what is looked at.</returns>
    public static bool TryFormat(
        ReadOnlySpan<byte> message, in DnsResource record, EventPrivacy? privacy, Span<byte> text, out int length)
    {
        length = 0;
        switch (record.Type)
        {
            case DnsTypes.A or DnsTypes.Aaaa:
                Span<byte> address = stackalloc byte[16];
                if (!record.TryGetAddress(message, address))
                {
                    return false;
                }

                privacy?.Mask(address);
                length = IpText.Format(address, text);
                return true;
            case DnsTypes.Cname or DnsTypes.Ns or DnsTypes.Ptr or DnsTypes.Dname:
                return TryFormat(message, record, 0, text, out length);
            case DnsTypes.Mx:
                return TryFormat(message, record, 1, text, out length);
            case DnsTypes.Srv:
                return TryFormat(message, record, 3, text, out length);
            case DnsTypes.Https or DnsTypes.Svcb:
                // The parameters behind them are left out.
                return TryFormat(message, record, 1, text, out length, goesOn: true);
            case DnsTypes.Txt:
                return TryFormatTexts(message.Slice(record.Data, record.Length), text, out length);
            default:
                Span<byte> scratch = stackalloc byte[DnsTypes.MaxNameBytes];
                var name = DnsTypes.TypeName(record.Type, scratch);
                name.CopyTo(text);
                length = name.Length;
                return true;
        }
    }

    // Some numbers of two bytes, and a name.
    private static bool TryFormat(
        ReadOnlySpan<byte> message, in DnsResource record, int numbers, Span<byte> text, out int length, bool goesOn = false)
    {
        length = 0;
        var at = record.Data;
        var end = record.Data + record.Length;
        if (record.Length <= numbers * sizeof(ushort))
        {
            return false;
        }

        for (; numbers > 0; numbers--, at += sizeof(ushort))
        {
            Utf8Formatter.TryFormat(BinaryPrimitives.ReadUInt16BigEndian(message[at..]), text[length..], out var digits);
            length += digits;
            text[length++] = (byte)' ';
        }

        if (!DnsName.TryRead(message[..end], ref at, text[length..], out var name) || (at != end && !goesOn))
        {
            length = 0;
            return false;
        }

        length += name;
        return true;
    }

    private static bool TryFormatTexts(ReadOnlySpan<byte> data, Span<byte> text, out int length)
    {
        length = 0;
        for (var left = MaxTextDataBytes; !data.IsEmpty; left--)
        {
            if (data[0] >= data.Length)
            {
                length = 0;
                return false;
            }

            var part = data.Slice(1, data[0]);
            data = data[(1 + part.Length)..];
            var isCut = part.Length >= left;
            part = part[..Math.Min(part.Length, left)];
            left -= part.Length;
            if (length > 0)
            {
                text[length++] = (byte)' ';
            }

            text[length++] = (byte)'"';
            length += DnsName.Escape(part, text[length..], (byte)'"');
            text[length++] = (byte)'"';
            if (isCut)
            {
                return false;
            }
        }

        return true;
    }
}
