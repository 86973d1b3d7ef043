using System.Runtime.InteropServices;
using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Aggregator.Kubernetes;
using Monitor.Benchmarks.Micro;
using Monitor.Events;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;

namespace Monitor.Benchmarks.Measures;

/// <summary>What naming the other side adds to storing an event on the aggregator: a cluster of 10 000 pods, whose addresses
/// come in no order.</summary>
internal sealed class PeerNaming : Measure
{
    private const int Pods = 10_000;
    private const int Passes = 20;
    private const int Stride = 7919;
    private const long Time = 1_795_000_000_000_000_000;

    public override string Name => "peers";

    public override Task<IReadOnlyList<Figure>> RunAsync()
    {
        var view = new ClusterView(new ClusterViewOptions(), TimeProvider.System);
        view.Pods.Replace([.. Enumerable.Range(0, Pods).Select(MakePod)]);
        var names = new PeerNames(view);
        using var log = new EventLog(new EventLogOptions(), 1, TimeProvider.System);
        var events = Enumerable.Range(0, Pods).Select(index => Encode(log, index * Stride % Pods)).ToList();
        var found = events.Count(one => !names.Find(one.Columns).IsEmpty);
        var added = AddedCpu.PerEvent(() => Append(log, events, null), () => Append(log, events, names), Passes * Pods);
        return Task.FromResult<IReadOnlyList<Figure>>(
        [
            new Figure(
                "peers: aggregator CPU added per event",
                found == Pods ? added : double.NaN,
                0.3,
                "µs",
                $"{found} of {Pods} addresses named; storing the names included"),
        ]);
    }

    private static Pod MakePod(int index) => new()
    {
        Uid = new Guid(index, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
        CgroupUid = new Guid(index, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
        Namespace = "shop",
        Name = $"checkout-7c9d8b5f6-{index:00000}",
        NodeName = $"node-{index % 100}",
        Workload = new Workload("Deployment", "checkout"),
        Started = (Time / 1_000_000) - 1000,
        Addresses = [IpKey.Of(MemoryMarshal.AsBytes([Address(index)]))],
    };

    private static Bytes16 Address(int index)
    {
        Bytes16 address = default;
        ReadOnlySpan<byte> ipv4 = [0xff, 0xff, 10, 244, (byte)(index / 250), (byte)(index % 250)];
        ipv4.CopyTo(address[10..]);
        return address;
    }

    private static (byte[] Bytes, EventColumns Columns) Encode(EventLog log, int index)
    {
        var monitor = new ConnectionMonitor();
        var encoder = new EventEncoder("node-1", 1);
        var record = SampleRecords.Connections()[index % SampleRecords.Count];
        MemoryMarshal.AsRef<ConnectionRecord>(record.AsSpan()).Destination = Address(index);
        encoder.Begin(EventEncoder.EncodeType(monitor.Name), log.Types.GetOrAdd(monitor.Name), 1_000_000, 5_000_000_000_000, Time);
        monitor.Decode(record, encoder);
        return (encoder.Encoded.ToArray(), encoder.Columns);
    }

    private static void Append(EventLog log, List<(byte[] Bytes, EventColumns Columns)> events, PeerNames? names)
    {
        for (var pass = 0; pass < Passes; pass++)
        {
            foreach (var (bytes, columns) in events)
            {
                log.Append(columns, bytes, names is null ? default : names.Find(columns));
            }

            log.Publish();
        }
    }
}
