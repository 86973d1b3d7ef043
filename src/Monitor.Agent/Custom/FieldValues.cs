using System.Buffers.Binary;
using Monitor.Bpf.Schema;

namespace Monitor.Agent.Custom;

/// <summary>Reads values of a record by its schema, which has checked that all fields lie within.</summary>
internal static class FieldValues
{
    /// <summary>A number without its sign; of a bit-field the bits.</summary>
    public static ulong Unsigned(ReadOnlySpan<byte> record, RecordField field, int index = 0)
    {
        if (field.BitSize == 0)
        {
            return Read(record.Slice(field.BitOffset / 8 + index * field.Size, field.Size));
        }

        // At most 64 bits, and so in at most nine bytes, of which the last may not be there.
        var first = field.BitOffset / 8;
        var shift = field.BitOffset % 8;
        var bytes = record[first..Math.Min(record.Length, first + (shift + field.BitSize + 7) / 8)];
        UInt128 bits = 0;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            bits = bits << 8 | bytes[i];
        }

        return (ulong)(bits >> shift) & Mask(field.BitSize);
    }

    /// <summary>A number with its sign.</summary>
    public static long Signed(ReadOnlySpan<byte> record, RecordField field, int index)
    {
        var unused = 64 - (field.BitSize == 0 ? field.Size * 8 : field.BitSize);
        return (long)(Unsigned(record, field, index) << unused) >> unused;
    }

    /// <summary>All bytes of a text or an array of bytes.</summary>
    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> record, RecordField field) =>
        record.Slice(field.BitOffset / 8, field.Size * field.Count);

    /// <summary>An address as 16 bytes, IPv4 mapped.</summary>
    public static void Address(ReadOnlySpan<byte> record, RecordField field, int index, Span<byte> address)
    {
        var bytes = record.Slice(field.BitOffset / 8 + index * field.Size, field.Size);
        if (field.Kind == FieldKind.Ip)
        {
            bytes.CopyTo(address);
            return;
        }

        address.Clear();
        address[10..12].Fill(0xff);
        bytes.CopyTo(address[12..]);
    }

    /// <summary>A port, in host byte order.</summary>
    public static ulong Port(ReadOnlySpan<byte> record, RecordField field, int index)
    {
        var port = Unsigned(record, field, index);
        return field.Kind == FieldKind.NetworkPort ? BinaryPrimitives.ReverseEndianness((ushort)port) : port;
    }

    private static ulong Read(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
    };

    private static ulong Mask(int bits) => bits >= 64 ? ulong.MaxValue : (1ul << bits) - 1;
}
