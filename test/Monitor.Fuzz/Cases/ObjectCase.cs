using Monitor.Bpf;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>Our own BPF objects, damaged: libbpf opens them or they are refused, and the process lives.</summary>
internal sealed class ObjectCase : FuzzCase
{
    private static readonly byte[][] Objects =
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "bpf"), "*.bpf.o").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private readonly string _path = Path.GetTempFileName();

    public override string Name => "objects";

    public override int ShortInputs => 1000;

    public override Task TryAsync(Random random, FuzzContext context)
    {
        var damaged = (byte[])Objects[random.Next(Objects.Length)].Clone();
        for (var n = random.Next(1, 8); n > 0; n--)
        {
            damaged[random.Next(damaged.Length)] = random.Next(4) == 0 ? (byte)0xff : (byte)random.Next(256);
        }

        File.WriteAllBytes(_path, random.Next(10) == 0 ? Damage.Of(damaged, random) : damaged);
        try
        {
            using var opened = BpfObject.Open(_path);
            _ = opened.FindStruct("event_header");
            context.Count("opened");
        }
        catch (BpfException)
        {
            context.Count("refused");
        }
        finally
        {
            File.Delete(_path);
        }

        return Task.CompletedTask;
    }
}
