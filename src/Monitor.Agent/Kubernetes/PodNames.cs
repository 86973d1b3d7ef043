using System.Runtime.CompilerServices;
using Monitor.Agent.Encoding;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.V1;

namespace Monitor.Agent.Kubernetes;

/// <summary>The pods of this node as fields of events: found by cgroup or process, or by the address of a packet.</summary>
/// <param name="attribution">Whose a process is.</param>
/// <param name="view">Whose an address is.</param>
internal sealed class PodNames(NodeAttribution attribution, ClusterView view) : PodLookup
{
    private static readonly PodFields NoProcess = new(Attribution.NoProcess);

    // Encoded once for each container and each pod, and gone with it.
    private readonly ConditionalWeakTable<PodIdentity, PodFields> _ofProcesses = [];
    private readonly ConditionalWeakTable<Peer, PodFields> _ofAddresses = [];

    public override PodFields OfProcess(ulong cgroupId, uint pid) =>
        _ofProcesses.GetValue(attribution.Resolve(cgroupId, pid), Encode);

    public override PodFields OfSocket(ulong cgroupId, uint pid) =>
        _ofProcesses.GetValue(attribution.ResolveSocket(cgroupId, pid), Encode);

    public override PodFields OfPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, long timeUnixNanos)
    {
        if (source.IsEmpty)
        {
            return NoProcess;
        }

        // The sender caused the packet, if it is on this node.
        var pod = view.Find(source, timeUnixNanos) ?? view.Find(destination, timeUnixNanos);
        return pod is null ? NoProcess : _ofAddresses.GetValue(pod, static pod => new PodFields(
            Attribution.Address, pod.Namespace, pod.Name, null, pod.Workload?.Kind, pod.Workload?.Name));
    }

    private static PodFields Encode(PodIdentity identity) => new(
        identity.Attribution switch
        {
            AttributionKind.Cgroup => Attribution.Cgroup,
            AttributionKind.Process => Attribution.Process,
            AttributionKind.Outside => Attribution.Outside,
            AttributionKind.UnknownPod => Attribution.UnknownPod,
            _ => Attribution.UnknownCgroup,
        },
        identity.Namespace,
        identity.PodName,
        identity.ContainerName,
        identity.Workload?.Kind,
        identity.Workload?.Name);
}
