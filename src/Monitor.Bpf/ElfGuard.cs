using System.Buffers.Binary;
using Monitor.Bpf.Btf;

namespace Monitor.Bpf;

/// <summary>
/// Refuses files that libelf and libbpf must not see: libbpf takes an object for its user's own and does not check
/// everything that it follows (CVE-2025-29481: sum of a symbol's value and size). Covers the header, every section's
/// place, symbols, relocation targets and BTF; what it lets through is for libbpf to accept or refuse.
/// </summary>
internal static class ElfGuard
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int RelSize = 16;
    private const int SymbolOfFunction = 2;
    private const uint TypeSymbols = 2;
    private const uint TypeStrings = 3;
    private const uint TypeRela = 4;
    private const uint TypeNoBits = 8;
    private const uint TypeRel = 9;
    private const ushort MachineBpf = 247;
    private const int MaximumSections = 4096;

    /// <exception cref="BpfException">The file is no sound little-endian 64-bit relocatable BPF object.</exception>
    internal static void Check(byte[] file, string path)
    {
        // 1. The header: 0x7F ELF, 64 bits, little-endian, version 1; relocatable; BPF.
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        if (file.Length < HeaderSize || !file.AsSpan(0, 7).SequenceEqual(identity))
        {
            throw Refuse(path, "it is no 64-bit little-endian ELF file");
        }

        if (U16(file, 16) != 1 || U16(file, 18) != MachineBpf)
        {
            throw Refuse(path, $"it is no relocatable object for BPF (type {U16(file, 16)}, machine {U16(file, 18)})");
        }

        // 2. The section headers and the sections' places.
        var sections = ReadSections(file, path);
        if (U16(file, 62) is var names && (names >= sections.Length || sections[names].Type != TypeStrings))
        {
            throw Refuse(path, $"its section names are said to be in section {names}");
        }

        // 3. What the sections refer to.
        for (var i = 0; i < sections.Length; i++)
        {
            var section = sections[i];
            CheckName(file, sections[names], section.Name, path);
            switch (section.Type)
            {
                case TypeSymbols:
                    CheckSymbols(file, section, sections, path);
                    break;
                case TypeRel:
                    CheckRelocations(file, section, sections, path);
                    break;
                case TypeRela:
                    throw Refuse(path, $"section {i} has relocations with addends, which BPF objects do not use");
            }

            if (NameIs(file, sections[names], section.Name, ".BTF"u8))
            {
                // libbpf 1.1 follows type numbers and names without checking them.
                BtfGuard.Check(BtfTypes.Parse(file.AsSpan((int)section.Offset, (int)section.Size).ToArray(), path), path);
            }
        }
    }

    private static Section[] ReadSections(byte[] file, string path)
    {
        var table = U64(file, 40);
        int count = U16(file, 60);
        if (count is 0 or > MaximumSections
            || U16(file, 58) != SectionHeaderSize
            || table > (ulong)file.Length
            || (ulong)file.Length - table < (ulong)count * SectionHeaderSize)
        {
            throw Refuse(path, $"its {count} section headers are not inside the file; it may be cut");
        }

        var sections = new Section[count];
        for (var i = 0; i < count; i++)
        {
            var at = (int)table + (i * SectionHeaderSize);
            var section = new Section(
                U32(file, at), U32(file, at + 4), U64(file, at + 24), U64(file, at + 32), U32(file, at + 40),
                U32(file, at + 44), U64(file, at + 56));
            var inside = section.Offset <= (ulong)file.Length && section.Size <= (ulong)file.Length - section.Offset;
            if (i == 0 && section.Type != 0)
            {
                throw Refuse(path, "its first section, which is none by definition, has content");
            }

            if (section.Type is not (0 or TypeNoBits) && !inside)
            {
                throw Refuse(path, $"section {i} ends beyond the file; it may be cut");
            }

            if (section.Size > int.MaxValue || section.Link >= (uint)count)
            {
                throw Refuse(path, $"section {i} has size {section.Size} and link {section.Link}");
            }

            if (section.Type == TypeStrings && (section.Size == 0 || file[(int)(section.Offset + section.Size) - 1] != 0))
            {
                throw Refuse(path, $"string section {i} does not end with a NUL");
            }

            sections[i] = section;
        }

        return sections;
    }

    private static void CheckSymbols(byte[] file, Section symbols, Section[] sections, string path)
    {
        // libbpf copies the code of each function, so those that overlap would take any amount of memory.
        ulong code = 0;
        var strings = sections[symbols.Link];
        if (symbols.EntrySize != SymbolSize || symbols.Size % SymbolSize != 0 || strings.Type != TypeStrings)
        {
            throw Refuse(path, "its symbol table has entries of another size or no names");
        }

        for (var at = (int)symbols.Offset; at < (int)(symbols.Offset + symbols.Size); at += SymbolSize)
        {
            CheckName(file, strings, U32(file, at), path);
            int index = U16(file, at + 6);
            var (value, size) = (U64(file, at + 8), U64(file, at + 16));

            // 0 is undefined, from 0xFF00 reserved: neither has a place in a section.
            if (index is > 0 and < 0xFF00
                && (index >= sections.Length || value > sections[index].Size || size > sections[index].Size - value))
            {
                throw Refuse(path, $"a symbol lies at {value}, {size} bytes long, outside its section {index}");
            }

            code += (file[at + 4] & 0xF) == SymbolOfFunction && index is > 0 and < 0xFF00 ? size : 0;
            if (code > (ulong)file.Length)
            {
                throw Refuse(path, "its functions overlap: together they are larger than the file");
            }
        }
    }

    private static void CheckRelocations(byte[] file, Section relocations, Section[] sections, string path)
    {
        var symbols = sections[relocations.Link];
        if (relocations.EntrySize != RelSize
            || relocations.Size % RelSize != 0
            || relocations.Info >= (uint)sections.Length
            || symbols.Type != TypeSymbols)
        {
            throw Refuse(path, "a relocation section has entries of another size or no target");
        }

        var target = sections[relocations.Info].Size;
        var count = symbols.Size / SymbolSize;
        for (var at = (int)relocations.Offset; at < (int)(relocations.Offset + relocations.Size); at += RelSize)
        {
            var (offset, symbol) = (U64(file, at), U64(file, at + 8) >> 32);
            if (offset >= target || symbol >= count)
            {
                throw Refuse(path, $"a relocation at {offset} refers to symbol {symbol}, outside its section");
            }
        }
    }

    private static void CheckName(byte[] file, Section strings, uint name, string path)
    {
        // The section is known to lie inside the file and to end with a NUL.
        if (name >= strings.Size)
        {
            throw Refuse(path, $"a name lies at {name}, outside its string section");
        }
    }

    private static bool NameIs(byte[] file, Section strings, uint name, ReadOnlySpan<byte> wanted)
    {
        var rest = file.AsSpan((int)strings.Offset, (int)strings.Size)[(int)name..];
        return rest[..rest.IndexOf((byte)0)].SequenceEqual(wanted);
    }

    private static BpfException Refuse(string path, string why) => new("opening", path, Errno.LibbpfFormat, why);

    private static ushort U16(byte[] data, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(offset));

    private static uint U32(byte[] data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(offset));

    private static ulong U64(byte[] data, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(offset));

    private readonly record struct Section(
        uint Name, uint Type, ulong Offset, ulong Size, uint Link, uint Info, ulong EntrySize);
}
