using System.Buffers;
using System.Numerics;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <content>Maps.</content>
internal sealed partial class JsonWriter
{
    private void WriteMap(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message)
    {
        // Of entries with the same key the last one counts. A table of their keys, with open addressing, finds them.
        var buckets = (int)BitOperations.RoundUpToPowerOf2((uint)slot.Count * 2);
        var rented = ArrayPool<int>.Shared.Rent(buckets + (slot.Count * 2));
        var table = rented.AsSpan(0, buckets);
        var entries = rented.AsSpan(buckets, slot.Count * 2);
        table.Clear();
        var count = CollectEntries(field, slot, message, table, entries);

        output.WriteByte((byte)'{');
        for (var i = 0; i < count; i++)
        {
            WriteComma(i == 0);
            WriteEntry(field.Message!, message.Slice(entries[2 * i], entries[(2 * i) + 1]));
        }

        output.WriteByte((byte)'}');
        ArrayPool<int>.Shared.Return(rented);
    }

    /// <returns>How many entries have different keys; their starts and lengths are in <paramref name="entries"/>.</returns>
    private static int CollectEntries(FieldSchema field, FieldSlot slot, ReadOnlySpan<byte> message, Span<int> table, Span<int> entries)
    {
        var key = field.Message!.Fields[0];
        var count = 0;
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
            var entry = WireReader.ReadDelimited(message, ref position);
            var found = ReadKey(key, entry, out var integer, out var text);
            var bucket = found & (table.Length - 1);
            while (table[bucket] != 0)
            {
                var other = table[bucket] - 1;
                ReadKey(key, message.Slice(entries[2 * other], entries[(2 * other) + 1]), out var otherInteger, out var otherText);
                if (integer == otherInteger && text.SequenceEqual(otherText))
                {
                    break;
                }

                bucket = (bucket + 1) & (table.Length - 1);
            }

            if (table[bucket] == 0)
            {
                table[bucket] = ++count;
            }

            entries[2 * (table[bucket] - 1)] = position - entry.Length;
            entries[(2 * (table[bucket] - 1)) + 1] = entry.Length;
        }

        return count;
    }

    /// <returns>A hash of the key, which is in one of the two out parameters.</returns>
    private static int ReadKey(FieldSchema key, ReadOnlySpan<byte> entry, out ulong integer, out ReadOnlySpan<byte> text)
    {
        integer = 0;
        text = [];
        for (var position = 0; position < entry.Length;)
        {
            var tag = WireReader.ReadTag(entry, ref position);
            if (!Takes(key, tag))
            {
                WireReader.Skip(entry, ref position, tag);
            }
            else if (key.Type == FieldType.String)
            {
                text = WireReader.ReadDelimited(entry, ref position);
            }
            else
            {
                integer = ReadInteger(key.Type, entry, ref position);
                integer = key.Type == FieldType.Bool && integer != 0 ? 1 : integer;
            }
        }

        var hash = new HashCode();
        hash.Add(integer);
        hash.AddBytes(text);
        return hash.ToHashCode();
    }

    private void WriteEntry(MessageSchema schema, ReadOnlySpan<byte> entry)
    {
        var mark = _slotCount;
        var slots = Scan(schema, entry);
        var (key, value) = (schema.Fields[0], schema.Fields[1]);
        WriteMapKey(key, slots[0], entry);
        output.WriteByte((byte)':');
        if (slots[1].Count > 0)
        {
            WriteFieldValue(value, slots[1], entry);
        }
        else if (value.Message is { } message)
        {
            WriteMessage(message, []);
        }
        else
        {
            output.Write(value.DefaultJson);
        }

        _slotCount = mark;
    }

    private void WriteMapKey(FieldSchema key, FieldSlot slot, ReadOnlySpan<byte> entry)
    {
        var position = slot.Position;
        switch (key.Type)
        {
            case FieldType.String:
                output.WriteString(slot.Count == 0 ? [] : WireReader.ReadDelimited(entry, ref position));
                break;
            case FieldType.Bool:
                var isTrue = slot.Count > 0 && WireReader.ReadVarint(entry, ref position) != 0;
                output.Write(isTrue ? "\"true\""u8 : "\"false\""u8);
                break;
            default:
                var integer = slot.Count == 0 ? 0 : ReadInteger(key.Type, entry, ref position);
                output.WriteByte((byte)'"');
                if (key.Type is FieldType.UInt64 or FieldType.Fixed64)
                {
                    System.Buffers.Text.Utf8Formatter.TryFormat(integer, output.Reserve(MaxNumberLength), out var written);
                    output.Advance(written);
                }
                else
                {
                    WriteInteger((long)integer);
                }

                output.WriteByte((byte)'"');
                break;
        }
    }
}
