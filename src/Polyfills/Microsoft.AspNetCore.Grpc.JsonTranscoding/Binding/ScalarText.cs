using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Scalars as text, in parameters and in JSON strings, to their encoding.</summary>
internal static class ScalarText
{
    private static readonly SearchValues<char> Base64Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Writes the value without a tag. False, and nothing written, where the text is no such value.</summary>
    public static bool TryWrite(FieldSchema field, ReadOnlySpan<char> text, ByteBuffer output)
    {
        switch (field.Type)
        {
            case FieldType.String:
                WriteString(text, output);
                return true;
            case FieldType.Bytes:
                return TryWriteBytes(text, output);
            case FieldType.Bool:
                if (!bool.TryParse(text, out var flag) || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
                {
                    return false;
                }

                output.WriteByte(flag ? (byte)1 : (byte)0);
                return true;
            case FieldType.Double:
                if (!TryParseDouble(text, out var real))
                {
                    return false;
                }

                output.WriteFixed64(BitConverter.DoubleToUInt64Bits(real));
                return true;
            case FieldType.Float:
                if (!TryParseDouble(text, out real) || !IsFloat(real))
                {
                    return false;
                }

                output.WriteFixed32(BitConverter.SingleToUInt32Bits((float)real));
                return true;
            case FieldType.Enum:
                if (!TryParseEnum(field.Enum!, text, out var number))
                {
                    return false;
                }

                output.WriteVarint((ulong)number);
                return true;
            case FieldType.UInt64 or FieldType.Fixed64:
                return TryParseUnsigned(text, out var unsigned) && TryWriteUnsigned(field.Type, unsigned, output);
            case FieldType.UInt32 or FieldType.Fixed32:
                return TryParseUnsigned(text, out unsigned) && TryWriteUnsigned(field.Type, unsigned, output);
            default:
                return TryParseSigned(text, out var signed) && TryWriteSigned(field.Type, signed, output);
        }
    }

    /// <summary>What a field takes, as messages say it.</summary>
    public static string Expected(FieldSchema field) => field.Type switch
    {
        FieldType.Bytes => "base64",
        FieldType.Bool => "true or false",
        FieldType.Double or FieldType.Float => "a number in the range of the field, NaN, Infinity or -Infinity",
        FieldType.Enum => $"one of {field.Enum!.Names}",
        FieldType.UInt64 or FieldType.Fixed64 => "a whole number from 0 to 18446744073709551615",
        FieldType.UInt32 or FieldType.Fixed32 => "a whole number from 0 to 4294967295",
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 =>
            "a whole number from -9223372036854775808 to 9223372036854775807",
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => "a whole number from -2147483648 to 2147483647",
        _ => "text",
    };

    public static void WriteString(ReadOnlySpan<char> text, ByteBuffer output)
    {
        output.WriteVarint((uint)Encoding.UTF8.GetByteCount(text));
        output.Advance(Encoding.UTF8.GetBytes(text, output.Reserve(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }

    /// <summary>Accepts both alphabets of base64, with padding and without.</summary>
    public static bool TryWriteBytes(ReadOnlySpan<char> text, ByteBuffer output)
    {
        var trimmed = text.TrimEnd('=');
        if (text.Length - trimmed.Length > 2 || trimmed.Length % 4 == 1 || (text.Length > trimmed.Length && text.Length % 4 != 0))
        {
            return false;
        }

        // A + in a URL arrives as a space.
        var standard = trimmed.ToString().Replace('-', '+').Replace('_', '/').Replace(' ', '+');
        var bytes = new byte[(trimmed.Length / 4 * 3) + 2];
        if (standard.AsSpan().ContainsAnyExcept(Base64Letters)
            || !Convert.TryFromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='), bytes, out var length))
        {
            return false;
        }

        output.WriteDelimited(bytes.AsSpan(0, length));
        return true;
    }

    public static bool TryWriteSigned(FieldType type, long value, ByteBuffer output)
    {
        if (type is FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 && value is < int.MinValue or > int.MaxValue)
        {
            return false;
        }

        switch (type)
        {
            case FieldType.SFixed32:
                output.WriteFixed32((uint)value);
                break;
            case FieldType.SFixed64:
                output.WriteFixed64((ulong)value);
                break;
            case FieldType.SInt32 or FieldType.SInt64:
                output.WriteVarint((ulong)((value << 1) ^ (value >> 63)));
                break;
            default:
                output.WriteVarint((ulong)value);
                break;
        }

        return true;
    }

    public static bool TryWriteUnsigned(FieldType type, ulong value, ByteBuffer output)
    {
        switch (type)
        {
            case FieldType.UInt32 or FieldType.Fixed32 when value > uint.MaxValue:
                return false;
            case FieldType.Fixed32:
                output.WriteFixed32((uint)value);
                break;
            case FieldType.Fixed64:
                output.WriteFixed64(value);
                break;
            default:
                output.WriteVarint(value);
                break;
        }

        return true;
    }

    /// <summary>Whether a number is in the range of float: finite, or one of the three that are not.</summary>
    public static bool IsFloat(double value) => !double.IsFinite(value) || float.IsFinite((float)value);

    private static bool TryParseDouble(ReadOnlySpan<char> text, out double value)
    {
        (value, var isName) = text switch
        {
            "NaN" => (double.NaN, true),
            "Infinity" => (double.PositiveInfinity, true),
            "-Infinity" => (double.NegativeInfinity, true),
            _ => (0, false),
        };
        // The parser below knows the names too, in any case, and more of them; and makes 1e999 infinite.
        return isName || (!text.IsEmpty && (char.IsAsciiDigit(text[^1]) || text[^1] == '.') && text[0] != '+'
            && double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));
    }

    public static bool TryParseSigned(ReadOnlySpan<char> text, out long value)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return text[0] != '+';
        }

        if (!TryParseWhole(text, out var whole) || whole is < long.MinValue or > long.MaxValue)
        {
            return false;
        }

        value = (long)whole;
        return true;
    }

    private static bool TryParseUnsigned(ReadOnlySpan<char> text, out ulong value)
    {
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        if (!TryParseWhole(text, out var whole) || whole is < 0 or > ulong.MaxValue)
        {
            return false;
        }

        value = (ulong)whole;
        return true;
    }

    // 1e3 and 5.0 are whole numbers, too.
    private static bool TryParseWhole(ReadOnlySpan<char> text, out decimal value) =>
        decimal.TryParse(text, Decimal, CultureInfo.InvariantCulture, out value) && text[0] != '+' && decimal.IsInteger(value);

    private static bool TryParseEnum(EnumSchema schema, ReadOnlySpan<char> text, out int number) =>
        schema.TryParse(text, out number)
        || (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
            && schema.JsonOf(number) is not null);
}
