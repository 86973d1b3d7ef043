using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Events;
using Monitor.Fuzz.Running;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>Records of the BPF programs, of any content: refused, or made an event whose columns say what its bytes say.</summary>
internal sealed class RecordCase : ParserCase
{
    private readonly EventTypeTable _types = new();
    private readonly EventEncoder _encoder = new("node-1", 1);

    public override string Name => "records";

    public override int ShortInputs => 20_000;

    // First which monitor it is of.
    public override byte[] Make(Random random)
    {
        var monitor = random.Next(MonitorDefinition.All.Count);
        var record = new byte[1 + MonitorDefinition.All[monitor].RecordBytes];
        if (random.Next(4) == 0)
        {
            random.NextBytes(record);
        }

        for (var n = random.Next(record.Length); n > 0; n--)
        {
            // Most fields of real records are small.
            record[random.Next(record.Length)] = (byte)random.Next(random.Next(3) == 0 ? 256 : 8);
        }

        record[0] = (byte)monitor;
        return record;
    }

    protected override string Parse(byte[] input)
    {
        var monitor = MonitorDefinition.All[input.Length == 0 ? 0 : input[0] % MonitorDefinition.All.Count];
        // The reader hands on records of the right length alone.
        var record = new byte[monitor.RecordBytes];
        input.AsSpan(Math.Min(1, input.Length)..Math.Min(input.Length, 1 + record.Length)).CopyTo(record);
        _encoder.Begin(EventEncoder.EncodeType(monitor.Name), _types.GetOrAdd(monitor.Name), 7, 5_000_000_000, 1_795_000_000_123_456_789);
        if (!monitor.Decode(record, _encoder))
        {
            return $"{monitor.Name} refused";
        }

        if (!EventColumns.TryParse(_encoder.Encoded, _types, out var parsed) || !parsed.Equals(_encoder.Columns))
        {
            throw new FuzzException("the columns differ from the bytes", Convert.ToHexString(record), Convert.ToHexString(_encoder.Encoded));
        }

        Event.Parser.ParseFrom(_encoder.Encoded.ToArray());
        return $"{monitor.Name} decoded";
    }
}
