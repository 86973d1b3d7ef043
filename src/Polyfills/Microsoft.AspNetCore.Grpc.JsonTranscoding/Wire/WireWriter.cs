using System.Buffers.Binary;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

/// <summary>Writes the protobuf encoding to a <see cref="ByteBuffer"/>.</summary>
internal static class WireWriter
{
    public static void WriteVarint(this ByteBuffer buffer, ulong value)
    {
        var span = buffer.Reserve(10);
        var count = 0;
        while (value >= 0x80)
        {
            span[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[count++] = (byte)value;
        buffer.Advance(count);
    }

    public static void WriteTag(this ByteBuffer buffer, int number, uint wireType) =>
        buffer.WriteVarint(((uint)number << WireType.Bits) | wireType);

    public static void WriteFixed32(this ByteBuffer buffer, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.Reserve(sizeof(uint)), value);
        buffer.Advance(sizeof(uint));
    }

    public static void WriteFixed64(this ByteBuffer buffer, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.Reserve(sizeof(ulong)), value);
        buffer.Advance(sizeof(ulong));
    }

    public static void WriteDelimited(this ByteBuffer buffer, ReadOnlySpan<byte> value)
    {
        buffer.WriteVarint((uint)value.Length);
        buffer.Write(value);
    }

    /// <summary>Starts a length-delimited value whose length is not known yet.</summary>
    /// <returns>What <see cref="EndDelimited"/> needs.</returns>
    public static int BeginDelimited(this ByteBuffer buffer)
    {
        buffer.WriteByte(0);
        return buffer.Length;
    }

    /// <summary>
    /// Ends the value that <see cref="BeginDelimited"/> started. One byte is kept free for the length; a value of 128
    /// bytes or more is moved.
    /// </summary>
    public static void EndDelimited(this ByteBuffer buffer, int start)
    {
        var length = (uint)(buffer.Length - start);
        var extra = 0;
        for (var rest = length >> 7; rest != 0; rest >>= 7)
        {
            extra++;
        }

        if (extra > 0)
        {
            buffer.InsertGap(start, extra);
        }

        var prefix = buffer.At(start - 1, extra + 1);
        for (var i = 0; i < extra; i++)
        {
            prefix[i] = (byte)(length | 0x80);
            length >>= 7;
        }

        prefix[extra] = (byte)length;
    }
}
