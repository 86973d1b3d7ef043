using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Events;
using Monitor.Fuzz.Running;
using Monitor.V1;

namespace Monitor.Fuzz.Cases;

/// <summary>Records of the BPF programs, of any content: refused, or made an event whose columns say what its bytes say.</summary>
internal sealed class RecordCase : FuzzCase
{
    private readonly EventTypeTable _types = new();
    private readonly EventEncoder _encoder = new("node-1", 1);

    public override string Name => "records";

    public override int ShortInputs => 20_000;

    public override Task TryAsync(Random random, FuzzContext context)
    {
        var monitor = MonitorDefinition.All[random.Next(MonitorDefinition.All.Count)];
        var record = new byte[monitor.RecordBytes];
        if (random.Next(4) == 0)
        {
            random.NextBytes(record);
        }

        for (var n = random.Next(record.Length); n > 0; n--)
        {
            // Most fields of real records are small.
            record[random.Next(record.Length)] = (byte)random.Next(random.Next(3) == 0 ? 256 : 8);
        }

        _encoder.Begin(EventEncoder.EncodeType(monitor.Name), _types.GetOrAdd(monitor.Name), 7, 5_000_000_000, 1_795_000_000_123_456_789);
        var isDecoded = monitor.Decode(record, _encoder);
        context.Count($"{monitor.Name} {(isDecoded ? "decoded" : "refused")}");
        if (!isDecoded)
        {
            return Task.CompletedTask;
        }

        if (!EventColumns.TryParse(_encoder.Encoded, _types, out var parsed) || !parsed.Equals(_encoder.Columns))
        {
            throw new FuzzException("the columns differ from the bytes", Convert.ToHexString(record), Convert.ToHexString(_encoder.Encoded));
        }

        Event.Parser.ParseFrom(_encoder.Encoded.ToArray());
        return Task.CompletedTask;
    }
}
