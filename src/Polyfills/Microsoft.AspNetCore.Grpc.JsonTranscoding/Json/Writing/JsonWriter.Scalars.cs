using System.Buffers.Text;
using System.Globalization;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <content>Numbers, texts, bytes and enums.</content>
internal sealed partial class JsonWriter
{
    // Longest numbers: -9223372036854775808 and -1.7976931348623157E+308.
    private const int MaxNumberLength = 32;

    private void WriteScalar(FieldSchema field, ReadOnlySpan<byte> data, ref int position)
    {
        switch (field.Type)
        {
            case FieldType.String:
                output.WriteString(WireReader.ReadDelimited(data, ref position));
                break;
            case FieldType.Bytes:
                WriteBase64(WireReader.ReadDelimited(data, ref position));
                break;
            case FieldType.Bool:
                output.Write(WireReader.ReadVarint(data, ref position) != 0 ? "true"u8 : "false"u8);
                break;
            case FieldType.Enum:
                WriteEnum(field.Enum!, (int)WireReader.ReadVarint(data, ref position));
                break;
            case FieldType.Double:
                WriteDouble(BitConverter.UInt64BitsToDouble(WireReader.ReadFixed64(data, ref position)));
                break;
            case FieldType.Float:
                WriteFloat(BitConverter.UInt32BitsToSingle(WireReader.ReadFixed32(data, ref position)));
                break;
            case FieldType.UInt64 or FieldType.Fixed64:
                WriteUInt64(ReadInteger(field.Type, data, ref position));
                break;
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                WriteInt64((long)ReadInteger(field.Type, data, ref position));
                break;
            case FieldType.UInt32 or FieldType.Fixed32:
                WriteInteger((uint)ReadInteger(field.Type, data, ref position));
                break;
            default:
                WriteInteger((int)ReadInteger(field.Type, data, ref position));
                break;
        }
    }

    /// <summary>An integer of any width; a signed one with its sign extended to 64 bits.</summary>
    private static ulong ReadInteger(FieldType type, ReadOnlySpan<byte> data, ref int position)
    {
        switch (type)
        {
            case FieldType.Fixed64 or FieldType.SFixed64:
                return WireReader.ReadFixed64(data, ref position);
            case FieldType.Fixed32:
                return WireReader.ReadFixed32(data, ref position);
            case FieldType.SFixed32:
                return (ulong)(int)WireReader.ReadFixed32(data, ref position);
            case FieldType.SInt32 or FieldType.SInt64:
                var zigzag = WireReader.ReadVarint(data, ref position);
                zigzag = type == FieldType.SInt32 ? (uint)zigzag : zigzag;
                return (zigzag >> 1) ^ (0 - (zigzag & 1));
            case FieldType.UInt32:
                return (uint)WireReader.ReadVarint(data, ref position);
            case FieldType.Int32:
                return (ulong)(int)WireReader.ReadVarint(data, ref position);
            default:
                return WireReader.ReadVarint(data, ref position);
        }
    }

    private void WriteInt64(long value)
    {
        if (_int64sAsStrings)
        {
            output.WriteByte((byte)'"');
            WriteInteger(value);
            output.WriteByte((byte)'"');
        }
        else
        {
            WriteInteger(value);
        }
    }

    private void WriteUInt64(ulong value)
    {
        if (_int64sAsStrings)
        {
            output.WriteByte((byte)'"');
        }

        Utf8Formatter.TryFormat(value, output.Reserve(MaxNumberLength), out var written);
        output.Advance(written);
        if (_int64sAsStrings)
        {
            output.WriteByte((byte)'"');
        }
    }

    private void WriteInteger(long value)
    {
        Utf8Formatter.TryFormat(value, output.Reserve(MaxNumberLength), out var written);
        output.Advance(written);
    }

    private void WriteDouble(double value)
    {
        if (!double.IsFinite(value))
        {
            WriteNotFinite(value);
            return;
        }

        value.TryFormat(output.Reserve(MaxNumberLength), out var written, default, CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private void WriteFloat(float value)
    {
        if (!float.IsFinite(value))
        {
            WriteNotFinite(value);
            return;
        }

        value.TryFormat(output.Reserve(MaxNumberLength), out var written, default, CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private void WriteNotFinite(double value) =>
        output.Write(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8);

    private void WriteEnum(EnumSchema schema, int number)
    {
        if ((!_enumsAsIntegers || schema.IsNullValue) && schema.JsonOf(number) is { } name)
        {
            output.Write(name);
        }
        else
        {
            WriteInteger(number);
        }
    }

    private void WriteBase64(ReadOnlySpan<byte> bytes)
    {
        var span = output.Reserve(Base64.GetMaxEncodedToUtf8Length(bytes.Length) + 2);
        span[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, span[1..], out _, out var written);
        span[written + 1] = (byte)'"';
        output.Advance(written + 2);
    }
}
