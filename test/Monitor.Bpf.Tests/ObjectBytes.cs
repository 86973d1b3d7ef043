using System.Buffers.Binary;
using System.Text;

namespace Monitor.Bpf.Tests;

/// <summary>The bytes of a compiled object, to be changed into what no compiler writes. Places are of the file.</summary>
internal sealed class ObjectBytes(byte[] bytes)
{
    internal const int SectionBytes = 32;
    internal const int SymbolValue = 8;
    internal const int SymbolBytes = 16;
    internal const int Registers = 1;
    internal const int Immediate = 4;

    internal byte[] Bytes => bytes;

    internal int SectionHeader(string name) => Header(Enumerable.Range(1, U16(60) - 1).First(i => SectionName(i) == name));

    internal int Content(string section) => (int)U64(SectionHeader(section) + 24);

    internal int Symbol(string name) => Symbols().First(at => SymbolName(at) == name);

    /// <summary>The relocation, in a section of code, to a symbol; to that of a section by its name.</summary>
    internal int Relocation(string section, string symbol)
    {
        var header = SectionHeader($".rel{section}");
        var symbols = Symbols();
        return Enumerable.Range(0, (int)U64(header + SectionBytes) / 16)
            .Select(i => (int)U64(header + 24) + (i * 16))
            .First(at => SymbolName(symbols[(int)U32(at + 12)]) == symbol);
    }

    /// <summary>The instruction with that relocation.</summary>
    internal int Relocated(string section, string symbol) => Content(section) + (int)U64(Relocation(section, symbol));

    /// <summary>The first call of a helper in a section.</summary>
    internal int Helper(string section, int number) =>
        Enumerable.Range(0, (int)U64(SectionHeader(section) + SectionBytes) / 8)
            .Select(i => Content(section) + (i * 8))
            .First(at => U64(at) == ((ulong)number << 32 | 0x85));

    /// <summary>The first CO-RE relocation, which must be of that section: struct bpf_core_relo.</summary>
    internal int CoreRelocation(string section)
    {
        var start = Content(".BTF.ext");
        var at = start + (int)U32(start + 4) + (int)U32(start + 24);
        var types = Content(".BTF");
        Assert.That(Text(types + (int)U32(types + 4) + (int)U32(types + 16) + (int)U32(at + 4)), Is.EqualTo(section));
        return at + 12;
    }

    internal ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    internal uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    internal ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    internal void Put(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);

    private List<int> Symbols()
    {
        var header = SectionHeader(".symtab");
        return [.. Enumerable.Range(0, (int)U64(header + SectionBytes) / 24).Select(i => (int)U64(header + 24) + (i * 24))];
    }

    private string SymbolName(int symbol)
    {
        var names = Header((int)U32(SectionHeader(".symtab") + 40));
        return (bytes[symbol + 4] & 0xF) == 3 ? SectionName(U16(symbol + 6)) : Text((int)U64(names + 24) + (int)U32(symbol));
    }

    private string SectionName(int section) => Text((int)U64(Header(U16(62)) + 24) + (int)U32(Header(section)));

    private int Header(int section) => (int)U64(40) + (section * 64);

    private string Text(int at) => Encoding.UTF8.GetString(bytes.AsSpan(at)[..bytes.AsSpan(at).IndexOf((byte)0)]);
}
