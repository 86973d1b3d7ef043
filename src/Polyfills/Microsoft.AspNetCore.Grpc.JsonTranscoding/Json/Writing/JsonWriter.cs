using System.Buffers;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <summary>
/// Turns the bytes of a message into JSON by walking them with its <see cref="MessageSchema"/>. No message object is
/// made, and once its buffers have grown, nothing is allocated.
/// </summary>
/// <remarks>
/// A message is walked twice: once to find where each field is (they come in any order, and the last of several wins),
/// once in the order of the schema to write them. Not thread-safe; reused from message to message.
/// </remarks>
internal sealed partial class JsonWriter(SchemaCache schemas, ByteBuffer output)
{
    // As deep as Google.Protobuf reads messages by default.
    private const int MaxDepth = 100;

    private readonly SchemaCache _schemas = schemas;
    private readonly bool _ignoreDefaults = schemas.Settings.IgnoreDefaultValues;
    private readonly bool _enumsAsIntegers = schemas.Settings.WriteEnumsAsIntegers;
    private readonly bool _int64sAsStrings = schemas.Settings.WriteInt64sAsStrings;

    private FieldSlot[] _slots = new FieldSlot[256];
    private int _slotCount;
    private int _depth;

    /// <summary>
    /// True writes a message in an Any whose type is unknown as base64 instead of failing: an error must reach the
    /// client even where a detail of it cannot be shown.
    /// </summary>
    public bool ShowUnknownAnyAsBytes { get; init; }

    /// <summary>Writes a whole message. After an exception the writer can be used again, but not what it wrote.</summary>
    /// <exception cref="MalformedWireException">The bytes are not a message of that type.</exception>
    public void Write(MessageSchema schema, ReadOnlySpan<byte> message)
    {
        _slotCount = 0;
        _depth = 0;
        WriteMessage(schema, message);
    }

    /// <summary>Writes the value of one field of a message, for a response_body.</summary>
    /// <exception cref="MalformedWireException">The bytes are not a message of that type.</exception>
    public void WriteField(MessageSchema schema, FieldSchema field, ReadOnlySpan<byte> message)
    {
        _slotCount = 0;
        _depth = 0;
        var slot = Scan(schema, message)[field.Index];
        if (slot.Count == 0)
        {
            output.Write(field.DefaultJson);
        }
        else
        {
            WriteFieldValue(field, slot, message);
        }
    }

    private void WriteMessage(MessageSchema schema, ReadOnlySpan<byte> message)
    {
        if (_depth == MaxDepth)
        {
            throw new MalformedWireException($"messages nest deeper than {MaxDepth} levels");
        }

        _depth++;
        var mark = _slotCount;
        var slots = Scan(schema, message);
        switch (schema.WellKnown)
        {
            case WellKnownType.None:
                output.WriteByte((byte)'{');
                WriteFields(schema, slots, message, first: true);
                output.WriteByte((byte)'}');
                break;
            case WellKnownType.Timestamp:
                WriteTimestamp(slots, message);
                break;
            case WellKnownType.Wrapper:
                WriteWrapper(schema.Fields[0], slots[0], message);
                break;
            case WellKnownType.Duration:
                WriteDuration(slots, message);
                break;
            case WellKnownType.FieldMask:
                WriteFieldMask(slots[0], message);
                break;
            case WellKnownType.Any:
                WriteAny(slots, message);
                break;
            case WellKnownType.Value:
                WriteValue(schema, slots, message);
                break;
            default: // Struct and ListValue have one field, which is all of their JSON.
                WriteSoleField(schema.Fields[0], slots[0], message);
                break;
        }

        _slotCount = mark;
        _depth--;
    }

    private void WriteFields(MessageSchema schema, ReadOnlySpan<FieldSlot> slots, ReadOnlySpan<byte> message, bool first)
    {
        foreach (var field in schema.Fields)
        {
            var slot = slots[field.Index];
            if (slot.Count == 0)
            {
                if (field.HasPresence || _ignoreDefaults)
                {
                    continue;
                }

                output.Write(first ? field.PrefixAndDefault.AsSpan(1) : field.PrefixAndDefault);
            }
            else
            {
                if (_ignoreDefaults && !field.HasPresence && IsDefault(field, slot, message))
                {
                    continue;
                }

                output.Write(first ? field.Prefix.AsSpan(1) : field.Prefix);
                WriteFieldValue(field, slot, message);
            }

            first = false;
        }
    }

    private void WriteFieldValue(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        if (field.IsMap)
        {
            WriteMap(field, slot, message);
        }
        else if (field.IsRepeated)
        {
            WriteList(field, slot, message);
        }
        else if (field.Message is null)
        {
            var position = slot.Position;
            WriteScalar(field, message, ref position);
        }
        else if (slot.Count == 1)
        {
            var position = slot.Position;
            WireReader.ReadTag(message, ref position);
            WriteMessage(field.Message, WireReader.ReadDelimited(message, ref position));
        }
        else
        {
            WriteMerged(field, slot, message);
        }
    }

    private void WriteList(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        output.WriteByte((byte)'[');
        var first = true;
        var position = slot.Position;
        for (var left = slot.Count; left > 0;)
        {
            var tag = WireReader.ReadTag(message, ref position);
            if (!Takes(field, tag))
            {
                WireReader.Skip(message, ref position, tag);
                continue;
            }

            left--;
            if (field.IsPackable && (tag & WireType.Mask) == WireType.Delimited)
            {
                var packed = WireReader.ReadDelimited(message, ref position);
                for (var inner = 0; inner < packed.Length; first = false)
                {
                    WriteComma(first);
                    WriteScalar(field, packed, ref inner);
                }

                continue;
            }

            WriteComma(first);
            first = false;
            if (field.Message is null)
            {
                WriteScalar(field, message, ref position);
            }
            else
            {
                WriteMessage(field.Message, WireReader.ReadDelimited(message, ref position));
            }
        }

        output.WriteByte((byte)']');
    }

    // A singular message that comes several times is the merge of its parts, which is what their bytes one after the
    // other mean.
    private void WriteMerged(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        var merged = ArrayPool<byte>.Shared.Rent(message.Length);
        var length = 0;
        var position = slot.Position;
        for (var left = slot.Count; left > 0;)
        {
            var tag = WireReader.ReadTag(message, ref position);
            if (!Takes(field, tag))
            {
                WireReader.Skip(message, ref position, tag);
                continue;
            }

            left--;
            var part = WireReader.ReadDelimited(message, ref position);
            part.CopyTo(merged.AsSpan(length));
            length += part.Length;
        }

        WriteMessage(field.Message!, merged.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(merged);
    }

    private void WriteComma(bool first)
    {
        if (!first)
        {
            output.WriteByte((byte)',');
        }
    }
}
