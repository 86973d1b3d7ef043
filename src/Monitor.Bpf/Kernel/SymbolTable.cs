using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Monitor.Bpf.Kernel;

/// <summary>Sorted addresses of functions and, in one block, their names.</summary>
internal sealed class SymbolTable
{
    private static readonly SymbolTable Empty = new([], [], []);

    private readonly ulong[] addresses;
    private readonly int[] nameOffsets;
    private readonly byte[] names;

    private SymbolTable(ulong[] addresses, int[] nameOffsets, byte[] names)
    {
        this.addresses = addresses;
        this.nameOffsets = nameOffsets;
        this.names = names;
    }

    internal int Count => addresses.Length;

    /// <summary>Bytes that it keeps.</summary>
    internal long MemoryBytes => (addresses.Length * 12L) + names.Length;

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
        var index = Array.BinarySearch(addresses, address);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0 || address - addresses[index] > maximumOffset)
        {
            return null;
        }

        // Names of modules' functions are kept as in the file: "name\t[module]".
        var end = index + 1 < nameOffsets.Length ? nameOffsets[index + 1] : names.Length;
        var name = Encoding.UTF8.GetString(names.AsSpan(nameOffsets[index]..end));
        var offset = (address - addresses[index]).ToString("x", CultureInfo.InvariantCulture);
        return name.Split('\t') is [var function, var module] ? $"{function}+0x{offset} {module}" : $"{name}+0x{offset}";
    }

    private sealed class Builder
    {
        private readonly List<(ulong Address, int Offset, int Length)> symbols = new(1 << 16);
        private readonly List<byte> text = new(1 << 21);

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
            symbols.Add((address, text.Count, name.Length));
            text.AddRange(name);
        }

        internal SymbolTable Build()
        {
            symbols.Sort(static (a, b) => a.Address != b.Address ? a.Address.CompareTo(b.Address) : a.Offset.CompareTo(b.Offset));
            var addresses = new ulong[symbols.Count];
            var offsets = new int[symbols.Count];
            var names = new byte[text.Count];
            var all = CollectionsMarshal.AsSpan(text);
            var at = 0;
            for (var i = 0; i < symbols.Count; i++)
            {
                var (address, offset, length) = symbols[i];
                addresses[i] = address;
                offsets[i] = at;
                all.Slice(offset, length).CopyTo(names.AsSpan(at));
                at += length;
            }

            return new SymbolTable(addresses, offsets, names);
        }
    }
}
