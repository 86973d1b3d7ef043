using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Parsers;

/// <summary>Types of BPF objects: refused, or every reference in them leads somewhere.</summary>
internal sealed class BtfCase : ParserCase
{
    // Of our own objects, whose section of types is behind a header of these four bytes.
    private static readonly byte[][] Types = [.. ObjectCase.Objects.Select(file => file[file.AsSpan().IndexOf<byte>([0x9F, 0xEB, 1, 0])..])];

    public override string Name => "btf";

    public override int ShortInputs => 2000;

    public override byte[] Make(Random random)
    {
        var whole = Types[random.Next(Types.Length)];
        return random.Next(4) == 0 ? Damage.Of(whole, random) : ObjectCase.Overwritten(whole, random);
    }

    protected override string Parse(byte[] input)
    {
        try
        {
            var types = BtfTypes.Parse(input, "fuzz");
            BtfGuard.Check(types, "fuzz");
            for (uint id = 1; id < types.Count; id++)
            {
                if (types[id] is { Kind: BtfKind.Struct } found)
                {
                    BtfStructReader.Find(types, types.Name(found.NameOffset));
                }
            }

            return "read";
        }
        catch (BpfException refused) when (refused.Message.Length > 0)
        {
            return "refused";
        }
    }
}
