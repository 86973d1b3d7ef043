using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <content>The first walk: where each field is.</content>
internal sealed partial class JsonWriter
{
    /// <summary>
    /// Finds the fields of a message. The slots are those of <see cref="MessageSchema.Fields"/>; they stay valid while
    /// messages inside are written, because a larger array does not change what is in the old one.
    /// </summary>
    private ReadOnlySpan<FieldSlot> Scan(MessageSchema schema, ReadOnlySpan<byte> message)
    {
        var fields = schema.Fields;
        // One more slot for each oneof: its Position is 1 + the index of the member that is set.
        var needed = fields.Length + schema.OneofCount;
        if (_slots.Length - _slotCount < needed)
        {
            Array.Resize(ref _slots, Math.Max(_slots.Length * 2, _slotCount + needed));
        }

        var slots = _slots.AsSpan(_slotCount, needed);
        slots.Clear();
        _slotCount += needed;

        for (var position = 0; position < message.Length;)
        {
            var start = position;
            var tag = WireReader.ReadTag(message, ref position);
            var index = schema.IndexOf(tag >> WireType.Bits);
            // A known number with another wire type is an unknown field, as it is for generated code.
            if (index >= 0 && fields[index] is var field && Takes(field, tag))
            {
                if (field.Oneof >= 0)
                {
                    EnterOneof(slots, ref slots[fields.Length + field.Oneof], index);
                }

                ref var slot = ref slots[index];
                if (!field.IsRepeated && field.Message is null)
                {
                    slot.Position = position;
                }
                else if (slot.Count == 0)
                {
                    slot.Position = start;
                }

                slot.Count++;
            }

            WireReader.Skip(message, ref position, tag);
        }

        return slots;
    }

    private static bool Takes(FieldSchema field, uint tag)
    {
        if (tag >> WireType.Bits != (uint)field.Number)
        {
            return false;
        }

        var wireType = tag & WireType.Mask;
        return wireType == field.WireType || (field.IsPackable && wireType == WireType.Delimited);
    }

    // Setting one member of a oneof unsets the one before. If that one comes again, it starts anew.
    private static void EnterOneof(Span<FieldSlot> slots, ref FieldSlot oneof, int index)
    {
        var before = oneof.Position - 1;
        if (before != index && before >= 0)
        {
            slots[before] = default;
        }

        oneof.Position = index + 1;
    }

    private static bool IsDefault(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        var position = slot.Position;
        if (field.IsRepeated)
        {
            return !field.IsMap && IsEmptyList(field, slot, message);
        }

        return field.WireType switch
        {
            WireType.Fixed32 => WireReader.ReadFixed32(message, ref position) == 0,
            WireType.Fixed64 => WireReader.ReadFixed64(message, ref position) == 0,
            WireType.Varint => WireReader.ReadVarint(message, ref position) == 0,
            _ => WireReader.ReadDelimited(message, ref position).IsEmpty,
        };
    }

    // A packed record may have no value in it.
    private static bool IsEmptyList(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        if (!field.IsPackable)
        {
            return false;
        }

        var position = slot.Position;
        for (var left = slot.Count; left > 0;)
        {
            var tag = WireReader.ReadTag(message, ref position);
            if (Takes(field, tag))
            {
                left--;
                if ((tag & WireType.Mask) != WireType.Delimited || !WireReader.ReadDelimited(message, ref position).IsEmpty)
                {
                    return false;
                }
            }
            else
            {
                WireReader.Skip(message, ref position, tag);
            }
        }

        return true;
    }
}
