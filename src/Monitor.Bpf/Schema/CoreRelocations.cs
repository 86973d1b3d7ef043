using System.Buffers.Binary;
using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Schema;

/// <summary>
/// Where libbpf changes instructions when it loads an object, so that they fit the running kernel's types (CO-RE). From .BTF.ext,
/// which is not trusted (Documentation/bpf/btf.rst).
/// </summary>
internal static class CoreRelocations
{
    private const ushort Magic = 0xEB9F;

    // The header's last fields: where the relocations are behind it, and how many bytes. Older compilers leave them out.
    private const int PlaceAt = 24;
    private const int HeaderSize = 32;

    // struct bpf_core_relo begins with the instruction's place; 16 bytes, or more in times to come.
    private const int RecordSize = 16;

    /// <returns>Names of sections of code, and places there in bytes.</returns>
    /// <exception cref="BpfException">It is not of that form.</exception>
    internal static HashSet<(string Section, uint Offset)> Read(ReadOnlySpan<byte> data, BtfTypes types, SchemaFailure failure)
    {
        var places = new HashSet<(string Section, uint Offset)>();
        if (data.Length < PlaceAt || BinaryPrimitives.ReadUInt16LittleEndian(data) != Magic || U32(data, 4) is not (>= PlaceAt and var header))
        {
            throw Unsound(failure);
        }

        if (header < HeaderSize)
        {
            return places;
        }

        var rest = Take(ref data, header, failure);
        var (place, length) = (U32(rest, PlaceAt), U32(rest, PlaceAt + 4));
        Take(ref data, place, failure);
        rest = Take(ref data, length, failure);
        if (rest.Length == 0)
        {
            return places;
        }

        var recordSize = U32(Take(ref rest, sizeof(uint), failure), 0);
        if (recordSize < RecordSize)
        {
            throw Unsound(failure);
        }

        while (rest.Length > 0)
        {
            var section = Take(ref rest, 2 * sizeof(uint), failure);
            var name = types.Name(U32(section, 0));
            for (var left = U32(section, 4); left > 0; left--)
            {
                places.Add((name, U32(Take(ref rest, recordSize, failure), 0)));
            }
        }

        return places;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, uint bytes, SchemaFailure failure)
    {
        if (bytes > data.Length)
        {
            throw Unsound(failure);
        }

        var taken = data[..(int)bytes];
        data = data[(int)bytes..];
        return taken;
    }

    private static BpfException Unsound(SchemaFailure failure) => failure.Because("its section .BTF.ext is damaged, or of an unknown form");

    private static uint U32(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);
}
