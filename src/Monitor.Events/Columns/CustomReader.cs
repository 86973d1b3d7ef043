using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Reads encoded details of the user's own monitors: whether one is sound, and single values of it.</summary>
internal static class CustomReader
{
    private const uint Entry = CustomDetail.FieldsFieldNumber << 3 | WireReader.LengthDelimited;
    private const uint Failed = CustomDetail.FailedFieldNumber << 3 | WireReader.Varint;
    private const uint Key = 1 << 3 | WireReader.LengthDelimited;
    private const uint Value = 2 << 3 | WireReader.LengthDelimited;
    private const uint ListValue = CustomList.ValuesFieldNumber << 3 | WireReader.LengthDelimited;

    // Lists have no lists; a parser would follow them a hundred deep.
    private const int MaxDepth = 2;

    // Two bytes can be a value, and a hundred in memory. An agent's detail has at most 6 KiB, and so 3072 of the smallest.
    private const int MaxValues = 4096;

    /// <summary>Whether every parser reads the detail, and its values can be written as JSON.</summary>
    /// <param name="detail">Anything.</param>
    /// <param name="failed">Whether the event reports a failure.</param>
    public static bool TryRead(ReadOnlySpan<byte> detail, out bool failed)
    {
        failed = false;
        var left = MaxValues;
        var reader = new WireReader(detail);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            switch (tag)
            {
                case Entry:
                    if (!reader.TryReadBytes(out var entry) || !IsEntry(entry, ref left))
                    {
                        return false;
                    }

                    break;
                case Failed:
                    if (!reader.TryReadVarint(out var flag))
                    {
                        return false;
                    }

                    failed = flag != 0;
                    break;
                default:
                    if (!reader.TrySkip(tag))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>Finds a field's value.</summary>
    /// <param name="detail">A detail that <see cref="TryRead"/> found sound.</param>
    /// <param name="name">The field's name.</param>
    /// <param name="value">The encoded CustomValue.</param>
    public static bool TryFind(ReadOnlySpan<byte> detail, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var found = false;
        var reader = new WireReader(detail);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag != Entry)
            {
                if (!reader.TrySkip(tag))
                {
                    break;
                }
            }
            else if (!reader.TryReadBytes(out var entry))
            {
                break;
            }
            else if (KeyOf(entry).SequenceEqual(name))
            {
                // The last of a name counts, as in every parser.
                found = EventField.TryFind(entry, Value, unique: true, out value);
            }
        }

        return found;
    }

    /// <summary>The kind of a value and what it holds.</summary>
    /// <param name="value">An encoded CustomValue that was found sound.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="number">Of integers, numbers and flags.</param>
    /// <param name="bytes">Of all others.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> value, out CustomValue.KindOneofCase kind, out ulong number, out ReadOnlySpan<byte> bytes)
    {
        kind = CustomValue.KindOneofCase.None;
        number = 0;
        bytes = default;
        var reader = new WireReader(value);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            var field = (CustomValue.KindOneofCase)(tag >> 3);
            var isNumber = field is CustomValue.KindOneofCase.Integer or CustomValue.KindOneofCase.Number or CustomValue.KindOneofCase.Flag;
            if ((tag & 7) == (isNumber ? WireReader.Varint : WireReader.LengthDelimited) && System.Enum.IsDefined(field))
            {
                kind = field;
                return isNumber ? reader.TryReadVarint(out number) : reader.TryReadBytes(out bytes);
            }

            if (!reader.TrySkip(tag))
            {
                break;
            }
        }

        return false;
    }

    /// <summary>The next element of a list.</summary>
    public static bool TryReadElement(ref WireReader list, out ReadOnlySpan<byte> value)
    {
        while (!list.AtEnd && list.TryReadTag(out var tag))
        {
            if (tag == ListValue)
            {
                return list.TryReadBytes(out value);
            }

            if (!list.TrySkip(tag))
            {
                break;
            }
        }

        value = default;
        return false;
    }

    private static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> entry) =>
        EventField.TryFind(entry, Key, unique: false, out var key) ? key : [];

    private static bool IsEntry(ReadOnlySpan<byte> entry, ref int left)
    {
        var reader = new WireReader(entry);
        var hasValue = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            switch (tag)
            {
                case Key:
                    if (!reader.TryReadText(out _))
                    {
                        return false;
                    }

                    break;
                case Value:
                    // Two are merged by parsers, into what neither may be. No agent encodes them like that.
                    if (hasValue || !reader.TryReadBytes(out var value) || !IsValue(value, MaxDepth, ref left))
                    {
                        return false;
                    }

                    hasValue = true;
                    break;
                default:
                    if (!reader.TrySkip(tag))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    private static bool IsValue(ReadOnlySpan<byte> value, int depth, ref int left)
    {
        if (--left < 0)
        {
            return false;
        }

        var reader = new WireReader(value);
        var has = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            var kind = (CustomValue.KindOneofCase)(tag >> 3);
            if ((tag & 7) != WireReader.LengthDelimited || kind is < CustomValue.KindOneofCase.Text or > CustomValue.KindOneofCase.List)
            {
                if (!reader.TrySkip(tag))
                {
                    return false;
                }

                continue;
            }

            if (has || !reader.TryReadBytes(out var bytes) || !IsContent(kind, bytes, depth, ref left))
            {
                return false;
            }

            has = true;
        }

        return true;
    }

    private static bool IsContent(CustomValue.KindOneofCase kind, ReadOnlySpan<byte> bytes, int depth, ref int left)
    {
        var time = default(WireTime);
        return kind switch
        {
            CustomValue.KindOneofCase.Text => WireReader.IsText(bytes),
            CustomValue.KindOneofCase.Duration => time.TryMerge(bytes) && WireDuration.IsValid(time.Seconds, time.Nanos),
            CustomValue.KindOneofCase.Time => time.TryMerge(bytes) && UnixNanos.IsValid(time.Seconds, time.Nanos),
            _ => depth > 1 && IsList(bytes, depth - 1, ref left),
        };
    }

    private static bool IsList(ReadOnlySpan<byte> list, int depth, ref int left)
    {
        var reader = new WireReader(list);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            if (tag == ListValue)
            {
                if (!reader.TryReadBytes(out var value) || !IsValue(value, depth, ref left))
                {
                    return false;
                }
            }
            else if (!reader.TrySkip(tag))
            {
                return false;
            }
        }

        return true;
    }
}
