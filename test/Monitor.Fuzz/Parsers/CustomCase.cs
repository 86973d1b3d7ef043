using Monitor.Agent.Custom;
using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>
/// Monitors of the user's own, damaged: refused with a reason, or a monitor whose records of any content are refused or made
/// events that every parser reads. Nothing goes to the kernel.
/// </summary>
internal sealed class CustomCase : ParserCase
{
    private const string MonitorName = "fuzzed";

    // CLOCK_BOOTTIME, ns: every machine has been up for as long.
    private const long Timestamp = 5_000_000_000;

    private const int Records = 16;

    // Without the built-in ones, which name no record.
    private static readonly byte[][] Objects = [.. ObjectCase.Objects.Where(IsMonitor)];

    private static readonly CustomPolicy Policy = new(new HashSet<string>(), MaxMapBytes: 64 << 20, MaxInstructions: 100_000);

    private readonly EventTypeTable _types = new();
    private readonly EventEncoder _encoder = new("node-1", 1);

    public override string Name => "custom";

    public override int ShortInputs => 1000;

    public override byte[] Make(Random random)
    {
        var whole = Objects[random.Next(Objects.Length)];
        return random.Next(3) switch
        {
            0 => ObjectCase.Overwritten(whole, random),
            1 when random.Next(4) == 0 => Damage.Of(whole, random),
            _ => WithOtherTypes(whole, random),
        };
    }

    protected override string Parse(byte[] input)
    {
        CustomMonitor monitor;
        try
        {
            var custom = CustomObject.Read(MonitorName, input);
            Policy.Check(custom.Inspection);
            monitor = new CustomMonitor(custom, new Dictionary<string, string>());
        }
        catch (MonitorLoadException refused) when (refused.Message.Length > 0)
        {
            return "refused";
        }
        catch (BpfException refused) when (refused.Message.Length > 0)
        {
            return "refused by libbpf";
        }

        _ = monitor.Schema.CalculateSize();
        // An input stands for itself: the records follow from it.
        var random = new Random(input.Length + input.Aggregate(17, (sum, next) => unchecked(sum * 31 + next)));
        var decoded = 0;
        for (var i = 0; i < Records; i++)
        {
            decoded += IsDecoded(monitor, random) ? 1 : 0;
        }

        return decoded > 0 ? "decoded" : "no record of it decoded";
    }

    private bool IsDecoded(CustomMonitor monitor, Random random)
    {
        var record = new byte[monitor.RecordBytes];
        random.NextBytes(record);
        for (var n = random.Next(record.Length); n > 0; n--)
        {
            // Most fields of real records are small.
            record[random.Next(record.Length)] = (byte)random.Next(8);
        }

        BitConverter.TryWriteBytes(record, Timestamp);
        _encoder.Begin(EventEncoder.EncodeType(MonitorName), _types.GetOrAdd(MonitorName), 7, Timestamp, 1_795_000_000_123_456_789);
        if (!monitor.Decode(record, _encoder))
        {
            return false;
        }

        if (!EventColumns.TryParse(_encoder.Encoded, _types, out var parsed) || !parsed.Equals(_encoder.Columns))
        {
            throw new FuzzException("the columns differ from the bytes", Convert.ToHexString(record), Convert.ToHexString(_encoder.Encoded));
        }

        // As a terminal shows it.
        _ = EventLine.Of(Event.Parser.ParseFrom(_encoder.Encoded.ToArray()));
        return true;
    }

    // Only in the section of types: what a record is follows from it, and elsewhere most of an object is code.
    private static byte[] WithOtherTypes(byte[] whole, Random random)
    {
        var damaged = (byte[])whole.Clone();
        var types = damaged.AsSpan(damaged.AsSpan().IndexOf<byte>([0x9F, 0xEB, 1, 0]));
        var end = (int)Math.Min(BitConverter.ToUInt32(types[4..]) + BitConverter.ToUInt32(types[12..]), (uint)types.Length);
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            // Words of four bytes: numbers of types, sizes, offsets; most are small.
            var at = random.Next(end / 4) * 4;
            types[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(types[at] + random.Next(-3, 4));
        }

        return damaged;
    }

    private static bool IsMonitor(byte[] whole)
    {
        try
        {
            CustomObject.Read(MonitorName, whole);
            return true;
        }
        catch (MonitorLoadException)
        {
            return false;
        }
    }
}
