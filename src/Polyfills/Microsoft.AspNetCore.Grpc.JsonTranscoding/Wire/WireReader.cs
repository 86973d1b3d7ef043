using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

/// <summary>
/// Reads the protobuf encoding from a span. Each method moves the position forward or throws
/// <see cref="MalformedWireException"/>, so that a walk always ends.
/// </summary>
internal static class WireReader
{
    // Groups nest without a length, so only a limit bounds the recursion that skips them.
    private const int MaxGroupDepth = 100;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ReadTag(ReadOnlySpan<byte> data, scoped ref int position)
    {
        if ((uint)position < (uint)data.Length)
        {
            uint first = data[position];
            if (first is < 0x80 and >= 1 << WireType.Bits)
            {
                position++;
                return first;
            }
        }

        return ReadLongTag(data, ref position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ReadVarint(ReadOnlySpan<byte> data, scoped ref int position)
    {
        if ((uint)position < (uint)data.Length && data[position] < 0x80)
        {
            return data[position++];
        }

        return ReadLongVarint(data, ref position);
    }

    public static uint ReadFixed32(ReadOnlySpan<byte> data, scoped ref int position)
    {
        if (data.Length - position < sizeof(uint))
        {
            ThrowTruncated();
        }

        var value = BinaryPrimitives.ReadUInt32LittleEndian(data[position..]);
        position += sizeof(uint);
        return value;
    }

    public static ulong ReadFixed64(ReadOnlySpan<byte> data, scoped ref int position)
    {
        if (data.Length - position < sizeof(ulong))
        {
            ThrowTruncated();
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(data[position..]);
        position += sizeof(ulong);
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> ReadDelimited(ReadOnlySpan<byte> data, scoped ref int position)
    {
        var length = ReadVarint(data, ref position);
        if (length > (ulong)(data.Length - position))
        {
            ThrowTruncated();
        }

        var value = data.Slice(position, (int)length);
        position += (int)length;
        return value;
    }

    /// <summary>Skips the value behind <paramref name="tag"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Skip(ReadOnlySpan<byte> data, scoped ref int position, uint tag)
    {
        switch (tag & WireType.Mask)
        {
            case WireType.Varint:
                ReadVarint(data, ref position);
                break;
            case WireType.Delimited:
                ReadDelimited(data, ref position);
                break;
            case WireType.Fixed32:
                Advance(data, ref position, sizeof(uint));
                break;
            case WireType.Fixed64:
                Advance(data, ref position, sizeof(ulong));
                break;
            default:
                SkipGroup(data, ref position, tag, 0);
                break;
        }
    }

    private static void Advance(ReadOnlySpan<byte> data, scoped ref int position, int count)
    {
        if (data.Length - position < count)
        {
            ThrowTruncated();
        }

        position += count;
    }

    private static void SkipGroup(ReadOnlySpan<byte> data, scoped ref int position, uint start, int depth)
    {
        if ((start & WireType.Mask) != WireType.StartGroup)
        {
            throw new MalformedWireException(
                (start & WireType.Mask) == WireType.EndGroup ? "a group ends that did not start" : "unknown wire type");
        }

        if (depth == MaxGroupDepth)
        {
            throw new MalformedWireException("groups nest deeper than 100 levels");
        }

        while (true)
        {
            var tag = ReadTag(data, ref position);
            switch (tag & WireType.Mask)
            {
                case WireType.EndGroup when tag >> WireType.Bits == start >> WireType.Bits:
                    return;
                case WireType.StartGroup:
                    SkipGroup(data, ref position, tag, depth + 1);
                    break;
                default:
                    Skip(data, ref position, tag);
                    break;
            }
        }
    }

    private static uint ReadLongTag(ReadOnlySpan<byte> data, scoped ref int position)
    {
        var value = ReadVarint(data, ref position);
        if (value > uint.MaxValue || value >> WireType.Bits == 0)
        {
            throw new MalformedWireException("a tag has no field number");
        }

        return (uint)value;
    }

    private static ulong ReadLongVarint(ReadOnlySpan<byte> data, scoped ref int position)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if ((uint)position >= (uint)data.Length)
            {
                ThrowTruncated();
            }

            uint next = data[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new MalformedWireException("a number is longer than 10 bytes");
    }

    [DoesNotReturn]
    private static void ThrowTruncated() => throw new MalformedWireException("a value ends behind the end of its message");
}
