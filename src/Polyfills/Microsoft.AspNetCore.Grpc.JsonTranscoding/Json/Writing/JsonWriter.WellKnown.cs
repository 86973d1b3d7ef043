using System.Text;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <content>Well-known types.</content>
internal sealed partial class JsonWriter
{
    private void WriteTimestamp(ReadOnlySpan<FieldSlot> slots, ReadOnlySpan<byte> message)
    {
        var (seconds, nanos) = ReadSecondsAndNanos(slots, message);
        var span = output.Reserve(TimestampFormat.MaxLength + 2);
        span[0] = (byte)'"';
        if (!TimestampFormat.TryFormat(seconds, nanos, span[1..], out var written))
        {
            throw new MalformedWireException($"a google.protobuf.Timestamp of {seconds} s and {nanos} ns is out of range");
        }

        span[written + 1] = (byte)'"';
        output.Advance(written + 2);
    }

    private void WriteDuration(ReadOnlySpan<FieldSlot> slots, ReadOnlySpan<byte> message)
    {
        var (seconds, nanos) = ReadSecondsAndNanos(slots, message);
        var span = output.Reserve(DurationFormat.MaxLength + 2);
        span[0] = (byte)'"';
        if (!DurationFormat.TryFormat(seconds, nanos, span[1..], out var written))
        {
            throw new MalformedWireException($"a google.protobuf.Duration of {seconds} s and {nanos} ns is out of range");
        }

        span[written + 1] = (byte)'"';
        output.Advance(written + 2);
    }

    private static (long Seconds, int Nanos) ReadSecondsAndNanos(ReadOnlySpan<FieldSlot> slots, ReadOnlySpan<byte> message)
    {
        var (first, second) = (slots[0].Position, slots[1].Position);
        return (slots[0].Count == 0 ? 0 : (long)WireReader.ReadVarint(message, ref first),
            slots[1].Count == 0 ? 0 : (int)WireReader.ReadVarint(message, ref second));
    }

    private void WriteWrapper(FieldSchema value, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        if (slot.Count == 0)
        {
            output.Write(value.DefaultJson);
            return;
        }

        var position = slot.Position;
        WriteScalar(value, message, ref position);
    }

    private void WriteSoleField(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        if (slot.Count == 0)
        {
            output.Write(field.DefaultJson);
        }
        else
        {
            WriteFieldValue(field, slot, message);
        }
    }

    private void WriteValue(MessageSchema schema, ReadOnlySpan<FieldSlot> slots, ReadOnlySpan<byte> message)
    {
        foreach (var field in schema.Fields)
        {
            var slot = slots[field.Index];
            if (slot.Count == 0)
            {
                continue;
            }

            if (field.Type == FieldType.Enum)
            {
                output.Write("null"u8);
            }
            else
            {
                WriteFieldValue(field, slot, message);
            }

            return;
        }

        throw new MalformedWireException("a google.protobuf.Value holds no value");
    }

    private void WriteFieldMask(FieldSlot slot, ReadOnlySpan<byte> message)
    {
        var text = new StringBuilder();
        var position = slot.Position;
        for (var left = slot.Count; left > 0;)
        {
            var tag = WireReader.ReadTag(message, ref position);
            if (tag != ((1 << WireType.Bits) | WireType.Delimited))
            {
                WireReader.Skip(message, ref position, tag);
                continue;
            }

            left--;
            var path = Encoding.UTF8.GetString(WireReader.ReadDelimited(message, ref position));
            var json = FieldMaskFormat.ToJson(path)
                ?? throw new MalformedWireException($"the path '{path}' of a google.protobuf.FieldMask has no JSON form");
            text.Append(text.Length > 0 ? "," : "").Append(json);
        }

        output.WriteString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private void WriteAny(ReadOnlySpan<FieldSlot> slots, ReadOnlySpan<byte> message)
    {
        var url = ReadDelimited(slots[0], message);
        var value = ReadDelimited(slots[1], message);
        if (url.IsEmpty && value.IsEmpty)
        {
            output.Write("{}"u8);
            return;
        }

        output.Write("{\"@type\":"u8);
        output.WriteString(url);
        var name = Encoding.UTF8.GetString(url[(url.LastIndexOf((byte)'/') + 1)..]);
        var schema = _schemas.Find(name);
        if (schema is null)
        {
            if (!ShowUnknownAnyAsBytes)
            {
                throw new MalformedWireException(
                    $"a google.protobuf.Any holds a '{name}', which the TypeRegistry of GrpcJsonTranscodingOptions does not have");
            }

            output.Write(",\"value\":"u8);
            WriteBase64(value);
        }
        else if (schema.IsValueInAny())
        {
            output.Write(",\"value\":"u8);
            WriteMessage(schema, value);
        }
        else
        {
            WriteFields(schema, Scan(schema, value), value, first: false);
        }

        output.WriteByte((byte)'}');
    }

    private static ReadOnlySpan<byte> ReadDelimited(FieldSlot slot, ReadOnlySpan<byte> message)
    {
        var position = slot.Position;
        return slot.Count == 0 ? [] : WireReader.ReadDelimited(message, ref position);
    }
}
