using Monitor.Bpf;
using Monitor.Bpf.Schema;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Parsers;

/// <summary>Our own BPF objects, damaged: libbpf opens them or they are refused, and the process lives.</summary>
internal sealed class ObjectCase : ParserCase
{
    private readonly string _path = Path.GetTempFileName();

    /// <summary>The objects as they were compiled.</summary>
    public static IReadOnlyList<byte[]> Objects { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "bpf"), "*.bpf.o").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    public override string Name => "objects";

    public override int ShortInputs => 1000;

    /// <summary>A copy with a few bytes changed, and all in their places.</summary>
    public static byte[] Overwritten(byte[] whole, Random random)
    {
        var damaged = (byte[])whole.Clone();
        for (var n = random.Next(1, 8); n > 0; n--)
        {
            damaged[random.Next(damaged.Length)] = random.Next(4) == 0 ? (byte)0xff : (byte)random.Next(256);
        }

        return damaged;
    }

    public override byte[] Make(Random random)
    {
        var damaged = Overwritten(Objects[random.Next(Objects.Count)], random);
        return random.Next(10) == 0 ? Damage.Of(damaged, random) : damaged;
    }

    protected override string Parse(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        try
        {
            using var opened = BpfObject.Open(_path);
            _ = opened.FindStruct("event_header");
            return IsUnderstood(opened) ? "understood" : "opened";
        }
        catch (BpfException refused) when (refused.Message.Contains(_path, StringComparison.Ordinal))
        {
            return "refused";
        }
        finally
        {
            File.Delete(_path);
        }
    }

    // As an object that somebody else wrote.
    private static bool IsUnderstood(BpfObject opened)
    {
        try
        {
            _ = ObjectInspection.Of(opened).Bytes;
            _ = RecordSchema.Read(opened);
            return true;
        }
        catch (BpfException refused) when (refused.Message.Length > 0)
        {
            return false;
        }
    }
}
