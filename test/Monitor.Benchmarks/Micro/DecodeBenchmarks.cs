using BenchmarkDotNet.Attributes;
using Monitor.Agent.Custom;
using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Machine;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Events;

namespace Monitor.Benchmarks.Micro;

/// <summary>A record to the encoded event and its columns. Times are of one event.</summary>
public class DecodeBenchmarks
{
    // In the kernel's text on x86-64; it resolves to some symbol where symbols can be read, and to none elsewhere.
    private const ulong Location = 0xffffffff81000100;

    private readonly EventEncoder _encoder = new("node-1", 1);
    private readonly ConnectionMonitor _connection = new();
    private readonly PacketDropMonitor _packetDrop = new();
    private readonly CustomMonitor _own =
        new(CustomObject.Read(OwnMonitor.Name, File.ReadAllBytes(Artifacts.OwnMonitor)), new Dictionary<string, string>());

    private readonly byte[][] _ownConnects;
    private readonly byte[][] _connections = SampleRecords.Connections();
    private readonly byte[][] _packetDrops = SampleRecords.PacketDrops(Location);

    public DecodeBenchmarks() => _ownConnects = SampleRecords.OwnConnects(_own.Object.Schema);

    [GlobalSetup]
    public void Setup()
    {
        using var bpf = BpfObject.Open(Artifacts.BpfObject(_packetDrop.Name));
        _packetDrop.Configure(bpf, KernelBtf.TryOpen(), lastResort: false);
    }

    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public int DecodeConnection() => Decode(_connection, _connections);

    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public int DecodePacketDrop() => Decode(_packetDrop, _packetDrops);

    /// <summary>A user's own monitor, by its schema.</summary>
    [Benchmark(OperationsPerInvoke = SampleRecords.Count)]
    public int DecodeOwnMonitor() => Decode(_own, _ownConnects);

    private int Decode(MonitorDefinition monitor, byte[][] records)
    {
        var type = EventEncoder.EncodeType(monitor.Name);
        var bytes = 0;
        for (var i = 0; i < records.Length; i++)
        {
            _encoder.Begin(type, EventTypeTable.Other, 1_000_000 + (ulong)i, 5_000_000_000_000, 1_795_000_000_000_000_000 + i);
            monitor.Decode(records[i], _encoder);
            bytes += _encoder.Encoded.Length + _encoder.Columns.TypeId;
        }

        return bytes;
    }
}
