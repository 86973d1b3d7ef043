using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Monitor.Bpf.Kernel;

/// <summary>Sorted addresses of functions and, in one block, their names.</summary>
internal sealed class SymbolTable
{
    private static readonly SymbolTable Empty = new([], [], []);

    private readonly ulong[] _addresses;
    private readonly int[] _nameOffsets;
    private readonly byte[] _names;

    private SymbolTable(ulong[] addresses, int[] nameOffsets, byte[] names)
    {
        _addresses = addresses;
        _nameOffsets = nameOffsets;
        _names = names;
    }

    internal int Count => _addresses.Length;

    /// <summary>Bytes that it keeps.</summary>
    internal long MemoryBytes => (_addresses.Length * 12L) + _names.Length;

    /// <summary>Reads a file in the format of /proc/kallsyms; an unreadable one gives an empty table.</summary>
    internal static SymbolTable Load(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
            return Read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Empty;
        }
    }

    internal static SymbolTable Read(Stream stream)
    {
        var builder = new Builder();
        Span<byte> chunk = stackalloc byte[8192];
        var line = new List<byte>(128);
        int count;
        while ((count = stream.Read(chunk)) > 0)
        {
            for (var rest = chunk[..count]; !rest.IsEmpty;)
            {
                var end = rest.IndexOf((byte)'\n');
                line.AddRange(end < 0 ? rest : rest[..end]);
                if (end < 0)
                {
                    break;
                }

                builder.AddLine(CollectionsMarshal.AsSpan(line));
                line.Clear();
                rest = rest[(end + 1)..];
            }
        }

        builder.AddLine(CollectionsMarshal.AsSpan(line));
        return builder.Build();
    }

    internal string? Resolve(ulong address, ulong maximumOffset)
    {
        var index = Array.BinarySearch(_addresses, address);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0 || address - _addresses[index] > maximumOffset)
        {
            return null;
        }

        // Names of modules' functions are kept as in the file: "name\t[module]".
        var end = index + 1 < _nameOffsets.Length ? _nameOffsets[index + 1] : _names.Length;
        var name = Encoding.UTF8.GetString(_names.AsSpan(_nameOffsets[index]..end));
        var offset = (address - _addresses[index]).ToString("x", CultureInfo.InvariantCulture);
        return name.Split('\t') is [var function, var module] ? $"{function}+0x{offset} {module}" : $"{name}+0x{offset}";
    }

    private sealed class Builder
    {
        private readonly List<(ulong Address, int Offset, int Length)> _symbols = new(1 << 16);
        private readonly List<byte> _text = new(1 << 21);

        /// <summary>"ffffffff81000000 T _stext" or "ffffffffc0a01000 t init\t[nf_tables]".</summary>
        internal void AddLine(ReadOnlySpan<byte> line)
        {
            var space = line.IndexOf((byte)' ');
            if (space <= 0
                || line.Length < space + 4
                || line[space + 1] is not ((byte)'t' or (byte)'T' or (byte)'w' or (byte)'W')
                || !ulong.TryParse(line[..space], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address)
                || address == 0)
            {
                return;
            }

            var name = line[(space + 3)..];
            _symbols.Add((address, _text.Count, name.Length));
            _text.AddRange(name);
        }

        internal SymbolTable Build()
        {
            _symbols.Sort(static (a, b) => a.Address != b.Address ? a.Address.CompareTo(b.Address) : a.Offset.CompareTo(b.Offset));
            var addresses = new ulong[_symbols.Count];
            var offsets = new int[_symbols.Count];
            var names = new byte[_text.Count];
            var all = CollectionsMarshal.AsSpan(_text);
            var at = 0;
            for (var i = 0; i < _symbols.Count; i++)
            {
                var (address, offset, length) = _symbols[i];
                addresses[i] = address;
                offsets[i] = at;
                all.Slice(offset, length).CopyTo(names.AsSpan(at));
                at += length;
            }

            return new SymbolTable(addresses, offsets, names);
        }
    }
}
