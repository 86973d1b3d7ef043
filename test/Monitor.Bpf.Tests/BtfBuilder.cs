using System.Buffers.Binary;
using System.Text;
using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Tests;

/// <summary>BTF as no compiler writes it.</summary>
internal sealed class BtfBuilder
{
    /// <summary>Encoding of a number without a sign of that many bits.</summary>
    internal const uint Bits64 = 64;

    private readonly List<uint> _types = [];
    private readonly List<byte> _strings = [0];

    /// <summary>Number of the type that is added next.</summary>
    internal uint Next { get; private set; } = 1;

    internal uint Name(ReadOnlySpan<byte> name)
    {
        var at = (uint)_strings.Count;
        _strings.AddRange(name);
        _strings.Add(0);
        return at;
    }

    internal uint Name(string name) => name.Length == 0 ? 0 : Name(Encoding.UTF8.GetBytes(name));

    internal uint Add(BtfKind kind, uint name, int count, uint sizeOrType, params ReadOnlySpan<uint> details) =>
        Add(kind, name, (uint)count, false, sizeOrType, details);

    internal uint Add(BtfKind kind, uint name, uint count, bool flag, uint sizeOrType, params ReadOnlySpan<uint> details)
    {
        _types.AddRange([name, (uint)kind << 24 | count | (flag ? 1u << 31 : 0), sizeOrType, .. details]);
        return Next++;
    }

    internal uint Unsigned(string name, uint bytes) => Add(BtfKind.Int, Name(name), 0, bytes, bytes * 8);

    /// <summary>A structure; three words for each member: name, type, bit.</summary>
    internal uint Struct(string name, uint size, params ReadOnlySpan<uint> members) =>
        Add(BtfKind.Struct, Name(name), members.Length / 3, size, members);

    /// <summary>What MONITOR() makes of a structure.</summary>
    internal uint Record(uint structure)
    {
        var constant = Add(BtfKind.Const, 0, 0, structure);
        var pointer = Add(BtfKind.Pointer, 0, 0, constant);
        return Add(BtfKind.Variable, Name("monitor_record"), 0, pointer, 1);
    }

    internal BtfTypes Build()
    {
        var types = _types.Count * 4;
        var data = new byte[24 + types + _strings.Count];
        ReadOnlySpan<uint> header = [0x0001EB9F, 24, 0, (uint)types, (uint)types, (uint)_strings.Count];
        var at = 0;
        foreach (var word in (uint[])[.. header, .. _types])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(at), word);
            at += 4;
        }

        _strings.CopyTo(data, at);
        var built = BtfTypes.Parse(data, "built");
        BtfGuard.Check(built, "built");
        return built;
    }
}
