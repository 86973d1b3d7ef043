using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Monitor.Bpf.Btf;

/// <summary>
/// BTF data (Documentation/bpf/btf.rst), indexed by type number. Everything that is read from it is checked: references
/// stay inside, chains end.
/// </summary>
internal sealed class BtfTypes
{
    private const ushort Magic = 0xEB9F;
    private const int HeaderSize = 24;

    // typedef of const of volatile …: compilers nest a few; a cycle must end somewhere.
    private const int MaximumChain = 32;

    private readonly byte[] _data;
    private readonly int[] _offsets;
    private readonly int _stringsStart;
    private readonly int _stringsLength;
    private readonly string _source;

    private BtfTypes(byte[] data, int[] offsets, int stringsStart, int stringsLength, string source)
    {
        _data = data;
        _offsets = offsets;
        _stringsStart = stringsStart;
        _stringsLength = stringsLength;
        _source = source;
    }

    /// <summary>Number of types, void included.</summary>
    internal int Count => _offsets.Length;

    /// <param name="data">Owned from here on.</param>
    /// <param name="source">What it is the BTF of, for messages.</param>
    /// <exception cref="BpfException">It is no sound BTF.</exception>
    internal static BtfTypes Parse(byte[] data, string source)
    {
        if (data.Length < HeaderSize || U16(data, 0) != Magic || data[2] != 1)
        {
            throw Unsound(source, "it has no header of version 1 in this machine's byte order");
        }

        var header = U32(data, 4);
        var (typesStart, typesLength) = (header + (ulong)U32(data, 8), (ulong)U32(data, 12));
        var (stringsStart, stringsLength) = (header + (ulong)U32(data, 16), (ulong)U32(data, 20));
        var length = (ulong)data.Length;
        if (header < HeaderSize || typesStart + typesLength > length || stringsStart + stringsLength > length)
        {
            throw Unsound(source, "its sections end beyond the data");
        }

        if (stringsLength == 0 || data[(int)stringsStart] != 0 || data[(int)(stringsStart + stringsLength) - 1] != 0)
        {
            throw Unsound(source, "its strings do not begin and end with a NUL");
        }

        var offsets = Index(data, (int)typesStart, (int)(typesStart + typesLength), source);
        return new BtfTypes(data, offsets, (int)stringsStart, (int)stringsLength, source);
    }

    /// <summary>The type of that number.</summary>
    /// <exception cref="BpfException">It does not exist.</exception>
    internal BtfType this[uint id]
    {
        get
        {
            if (id == 0)
            {
                return default;
            }

            if (id >= (uint)_offsets.Length)
            {
                throw Unsound(_source, $"it refers to type {id}, there are {_offsets.Length}");
            }

            return Header(_data, (int)id, _offsets[id]);
        }
    }

    /// <summary>A copy of the data.</summary>
    internal byte[] ToArray() => [.. _data];

    /// <summary>The first type of that kind and name.</summary>
    internal BtfType? Find(BtfKind kind, string name)
    {
        Span<byte> wanted = stackalloc byte[Encoding.UTF8.GetMaxByteCount(Math.Min(name.Length, 256))];
        if (!Encoding.UTF8.TryGetBytes(name, wanted, out var written))
        {
            return null;
        }

        wanted = wanted[..written];
        for (var id = 1; id < _offsets.Length; id++)
        {
            var type = Header(_data, id, _offsets[id]);
            if (type.Kind == kind && NameBytes(type.NameOffset).SequenceEqual(wanted))
            {
                return type;
            }
        }

        return null;
    }

    internal string Name(uint nameOffset) => Encoding.UTF8.GetString(NameBytes(nameOffset));

    internal string Name(in BtfType type) => Name(type.NameOffset);

    /// <summary>A name as text: null where it is longer, no UTF-8, or has control characters.</summary>
    internal string? Text(uint nameOffset, int maximumBytes)
    {
        var bytes = NameBytes(nameOffset);
        if (bytes.Length > maximumBytes || !Utf8.IsValid(bytes))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes);
        return text.Any(char.IsControl) ? null : text;
    }

    /// <summary>The 32-bit word at an offset of the data, such as <see cref="BtfType.Details"/>.</summary>
    internal uint Word(int offset) => U32(_data, offset);

    /// <summary>The type behind names and qualifiers.</summary>
    internal BtfType Resolve(uint id)
    {
        for (var i = 0; i < MaximumChain; i++)
        {
            var type = this[id];
            if (!type.IsAlias)
            {
                return type;
            }

            id = type.SizeOrType;
        }

        throw Unsound(_source, $"type {id} refers to itself");
    }

    /// <summary>Bytes of a value of that type; 0 for what has no size (void, functions).</summary>
    /// <exception cref="BpfException">It exceeds 2 GiB, or contains itself.</exception>
    internal int SizeOf(uint id)
    {
        var bytes = ElementCount(ref id) * ElementSize(id);
        return bytes <= int.MaxValue ? (int)bytes : throw Unsound(_source, $"type {id} has {bytes} bytes");
    }

    // Goes to the innermost element of an array (or of a variable's array) and counts them.
    private long ElementCount(ref uint id)
    {
        var count = 1L;
        for (var i = 0; i < MaximumChain; i++)
        {
            var type = Resolve(id);
            switch (type.Kind)
            {
                case BtfKind.Variable:
                    id = type.SizeOrType;
                    break;
                case BtfKind.Array:
                    count *= Word(type.Details + 8);
                    id = Word(type.Details);
                    if (count > int.MaxValue)
                    {
                        throw Unsound(_source, $"array type {id} has {count} elements");
                    }

                    break;
                default:
                    return count;
            }
        }

        throw Unsound(_source, $"type {id} contains itself");
    }

    private long ElementSize(uint id)
    {
        var type = Resolve(id);
        return type.Kind switch
        {
            BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float
                or BtfKind.DataSection => type.SizeOrType,
            BtfKind.Pointer => 8,
            _ => 0,
        };
    }

    /// <exception cref="BpfException">It lies outside the strings.</exception>
    internal void CheckName(uint nameOffset)
    {
        if (nameOffset >= (uint)_stringsLength)
        {
            throw Unsound(_source, $"a name lies at {nameOffset}, the strings have {_stringsLength} bytes");
        }
    }

    internal static BpfException Unsound(string source, string why) =>
        new("reading the BTF of", source, Errno.EINVAL, why);

    private static int[] Index(byte[] data, int start, int end, string source)
    {
        // Two passes instead of a growing list: the kernel's has more than 100 000 types.
        var count = Walk(data, start, end, source, null);
        var offsets = new int[count + 1];
        Walk(data, start, end, source, offsets);
        return offsets;
    }

    private static int Walk(byte[] data, int start, int end, string source, int[]? offsets)
    {
        var count = 0;
        for (var offset = start; offset < end;)
        {
            if (end - offset < BtfType.HeaderSize)
            {
                throw Unsound(source, "its last type is cut");
            }

            count++;
            var type = Header(data, count, offset);
            if (type.DetailsSize < 0)
            {
                throw Unsound(source, $"type {count} is of the unknown kind {(int)type.Kind}");
            }

            offset += BtfType.HeaderSize + type.DetailsSize;
            if (offset > end)
            {
                throw Unsound(source, "its last type is cut");
            }

            if (offsets is not null)
            {
                offsets[count] = type.Offset;
            }
        }

        return count;
    }

    private static BtfType Header(byte[] data, int id, int offset)
    {
        var info = U32(data, offset + 4);
        return new BtfType(
            id,
            offset,
            U32(data, offset),
            (BtfKind)(info >> 24 & 0x1F),
            (int)(info & 0xFFFF),
            info >> 31 != 0,
            U32(data, offset + 8));
    }

    private ReadOnlySpan<byte> NameBytes(uint nameOffset)
    {
        if (nameOffset >= (uint)_stringsLength)
        {
            return default;
        }

        var rest = _data.AsSpan(_stringsStart + (int)nameOffset, _stringsLength - (int)nameOffset);
        return rest[..rest.IndexOf((byte)0)];
    }

    private static ushort U16(byte[] data, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(offset));

    private static uint U32(byte[] data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(offset));
}
