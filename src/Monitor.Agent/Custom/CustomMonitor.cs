using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Schema;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>A monitor of the user's own: everything about it is in its object.</summary>
internal sealed class CustomMonitor : MonitorDefinition
{
    // Between the program's reading of the clock and this one's, where the kernel measures its clocks anew.
    private const long Ahead = 1_000_000_000;

    private readonly CustomObject _object;
    private readonly CommonFields _common;
    private readonly CustomEncoder _encoder;

    // No clock was read later than this.
    private ulong _latest;

    /// <param name="custom">An object that was checked.</param>
    /// <param name="targets">What its programs attach to, by their names, where their sections do not say it.</param>
    /// <exception cref="MonitorLoadException">It cannot be loaded as it is.</exception>
    public CustomMonitor(CustomObject custom, IReadOnlyDictionary<string, string> targets)
    {
        _object = custom;
        var schema = custom.Schema;
        _common = new CommonFields(schema);
        _encoder = new CustomEncoder([.. schema.Fields.Where(field => !_common.Contains(field))]);
        Hooks = CustomHooks.Of(custom, targets);
        Schema = SchemaMessages.Describe(custom, _common);
    }

    public override string Name => _object.Name;

    public override string Description =>
        _object.Schema.Description is { Length: > 0 } text ? text : $"A monitor of your own, {Name}.bpf.o.";

    public override bool IsBuiltIn => false;

    public override IReadOnlyList<HookDefinition> Hooks { get; }

    public override int RecordBytes => _object.Schema.Size;

    // Most of them report seldom: 1 MiB on each of two CPUs hold some 10 000 records.
    public override int RingBudgetBytes => 2 << 20;

    /// <summary>What it reports, for clients.</summary>
    public MonitorSchema Schema { get; }

    /// <summary>The maps that it counts in, once it is loaded.</summary>
    public IReadOnlyList<(MetricMap Metric, BpfMap Map)> Metrics { get; private set; } = [];

    /// <summary>Its object.</summary>
    public CustomObject Object => _object;

    public override BpfObject Open(string folder) => _object.Open();

    // There is no C# side that the layout could differ from.
    public override IReadOnlyList<string> LayoutDifferences(BpfObject bpf) => [];

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort)
    {
        _encoder.Stacks = bpf.Maps.FirstOrDefault(map => map is { Name: RecordSchema.StackMap, Type: BpfMapType.StackTrace }) is { } stacks
            ? new KernelStacks(stacks)
            : null;
        Metrics = [.. _object.Inspection.Maps.Where(map => map.Metric is not null).Select(map => (map.Metric!, bpf.Map(map.Name)))];
    }

    public override void Prepare() => _encoder.Prepare();

    public override bool Decode(ReadOnlySpan<byte> record, EventEncoder encoder)
    {
        record = record[..RecordBytes];
        // A program that fills it with something else would have its events sorted among those of another year.
        var timestamp = FieldValues.Unsigned(record, _common.Timestamp);
        if (timestamp == 0 || IsAhead(timestamp) || !_common.TryWrite(record, encoder))
        {
            return false;
        }

        return TryWriteDetail(record, encoder);
    }

    // A record whose detail turns out longer than its schema allows is lost alone, and with a count: the reader lives on.
    private bool TryWriteDetail(ReadOnlySpan<byte> record, EventEncoder encoder)
    {
        try
        {
            _encoder.Write(record, _common.Failed(record), encoder);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return false;
        }
    }

    // Reads the clock for one event in a second or so: what was not ahead of it then is not now.
    private bool IsAhead(ulong timestamp) =>
        timestamp > _latest && timestamp > (_latest = (ulong)(KernelClock.BootNanoseconds + Ahead));
}
