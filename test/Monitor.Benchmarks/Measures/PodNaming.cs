using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Agent.Encoding;
using Monitor.Agent.Kubernetes;
using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Micro;
using Monitor.Bpf.Kernel;
using Monitor.Events;
using Monitor.Kubernetes.Cgroups;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Watching;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// What naming pods adds to decoding an event: a full node of 250 pods with two containers each, in folders laid out as the
/// kubelet does, asked for in no order; and cgroups that nobody knows, the most expensive case.
/// </summary>
internal sealed class PodNaming : Measure
{
    private const int Pods = 250;
    private const int Passes = 200;
    private const int Events = Passes * SampleRecords.Count;

    // Neither order nor neighbours: coprime to the number of containers.
    private const int Stride = 7919;

    private static readonly byte[] Type = EventEncoder.EncodeType(new ConnectionMonitor().Name);

    public override string Name => "pods";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var root = Directory.CreateTempSubdirectory("pod-naming-").FullName;
        try
        {
            using var attribution = new NodeAttribution(
                new AttributionOptions { CgroupMount = root }, Inode.Of, TimeProvider.System, NullLogger<NodeAttribution>.Instance);
            var containers = Enumerable.Range(0, 2 * Pods).Select(index => (Pod: Uid(index / 2), Id: Id(index))).ToList();
            var cgroups = containers.Select(container => MakeFolder(root, container.Pod, container.Id)).ToList();
            attribution.Start();
            ((IWatchSink<Pod>)attribution).Replace([.. Enumerable.Range(0, Pods).Select(index =>
                MakePod(index, containers[2 * index].Id, containers[(2 * index) + 1].Id))]);
            using var stop = new CancellationTokenSource();
            var running = attribution.RunAsync(stop.Token);
            var names = new PodNames(attribution, new ClusterView(new ClusterViewOptions(), TimeProvider.System));

            var known = Records(index => cgroups[index * Stride % cgroups.Count]);
            var unknown = Records(index => (ulong)index + (1UL << 40));
            var named = known.Count(record => Decode(record, names).HasK8SPodName);
            var addedKnown = AddedCpu.PerEvent(() => DecodeAll(known, null), () => DecodeAll(known, names), Events);
            var addedUnknown = AddedCpu.PerEvent(() => DecodeAll(unknown, null), () => DecodeAll(unknown, names), Events);
            await stop.CancelAsync();
            await running;
            return
            [
                new Figure(
                    "pods: agent CPU added per event",
                    named == SampleRecords.Count ? Math.Max(addedKnown, addedUnknown) : double.NaN,
                    0.1,
                    "µs",
                    $"{named} of {SampleRecords.Count} named; of {Pods} pods {addedKnown:0.000}, of unknown cgroups {addedUnknown:0.000}"),
            ];
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static ulong MakeFolder(string root, Guid pod, string id)
    {
        var path = $"{root}/kubepods/burstable/pod{pod}/{id}";
        Directory.CreateDirectory(path);
        return Inode.Of(path)!.Value;
    }

    private static Pod MakePod(int index, params string[] ids) => new()
    {
        Uid = Uid(index),
        CgroupUid = Uid(index),
        Namespace = "shop",
        Name = $"checkout-7c9d8b5f6-{index:00000}",
        Workload = new Workload("Deployment", "checkout"),
        Containers = Array.ConvertAll(ids, id => new PodContainer("app", ContainerId.TryParse(id, out var parsed) ? parsed : default)),
    };

    private static Guid Uid(int index) => new(index, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);

    private static string Id(int index) => Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(index)));

    private static byte[][] Records(Func<int, ulong> cgroup)
    {
        var records = SampleRecords.Connections();
        for (var i = 0; i < records.Length; i++)
        {
            MemoryMarshal.AsRef<ConnectionRecord>(records[i].AsSpan()).CgroupId = cgroup(i);
        }

        return records;
    }

    private static V1.Event Decode(byte[] record, PodLookup pods)
    {
        var encoder = new EventEncoder("node-1", 1, pods);
        Encode(encoder, new ConnectionMonitor(), record, 0);
        return V1.Event.Parser.ParseFrom(encoder.Encoded);
    }

    private static void DecodeAll(byte[][] records, PodLookup? pods)
    {
        var encoder = new EventEncoder("node-1", 1, pods);
        var monitor = new ConnectionMonitor();
        for (var pass = 0; pass < Passes; pass++)
        {
            for (var i = 0; i < records.Length; i++)
            {
                Encode(encoder, monitor, records[i], i);
            }
        }
    }

    private static void Encode(EventEncoder encoder, ConnectionMonitor monitor, byte[] record, int index)
    {
        encoder.Begin(Type, EventTypeTable.Other, 1_000_000 + (ulong)index, 5_000_000_000_000, 1_795_000_000_000_000_000 + index);
        monitor.Decode(record, encoder);
    }
}
