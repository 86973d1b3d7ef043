using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// Makes the key of a flow: a <see cref="Flow"/> with its two ends, port and protocol, encoded. So two events are of one flow
/// where the bytes are the same, and a key is read as the flow that it names.
/// </summary>
internal sealed class FlowKey
{
    // More than a key and its ends take: names have 256 bytes at most, an end has five of them.
    private const int MaxBytes = 4096;
    private const int MaxEndBytes = 1600;

    // Not on the stack, which would be cleared for each event.
    private readonly byte[] _local = new byte[MaxEndBytes];
    private readonly byte[] _remote = new byte[MaxEndBytes];
    private readonly byte[] _key = new byte[MaxBytes];

    /// <summary>Makes the key.</summary>
    /// <param name="e">The event.</param>
    /// <param name="port">The destination's; null where there is none.</param>
    /// <param name="grouping">What makes a flow.</param>
    /// <param name="inbound">Whether the node of the event is the destination.</param>
    /// <returns>The key, until the next call.</returns>
    public ReadOnlySpan<byte> Write(in FlowEvent e, ushort? port, FlowGrouping grouping, bool inbound)
    {
        var local = _local.AsSpan(0, WriteLocal(e, grouping, _local));
        var remote = _remote.AsSpan(0, WriteRemote(e, grouping, inbound, _remote));
        var writer = new WireWriter(_key);
        writer.Bytes(Flow.SourceFieldNumber, inbound ? remote : local);
        writer.Bytes(Flow.DestinationFieldNumber, inbound ? local : remote);
        if (port is { } number)
        {
            writer.Varint(Flow.DestinationPortFieldNumber, number);
        }

        Add(ref writer, Flow.ProtocolFieldNumber, e.Protocol);
        return _key.AsSpan(0, writer.Length);
    }

    private static int WriteLocal(in FlowEvent e, FlowGrouping grouping, Span<byte> buffer)
    {
        var writer = new WireWriter(buffer);
        if (grouping == FlowGrouping.Node)
        {
            Add(ref writer, FlowEnd.NodeNameFieldNumber, e.NodeName);
        }
        else if (grouping == FlowGrouping.Process || e.PodName.IsEmpty)
        {
            Add(ref writer, FlowEnd.NodeNameFieldNumber, e.NodeName);
            Add(ref writer, FlowEnd.CommandFieldNumber, e.Command);
            Add(ref writer, FlowEnd.K8SNamespaceFieldNumber, e.Namespace);
            Add(ref writer, FlowEnd.K8SPodNameFieldNumber, e.PodName);
        }
        else
        {
            WritePod(ref writer, grouping, e.Namespace, e.WorkloadKind, e.WorkloadName, e.PodName);
        }

        return writer.Length;
    }

    private static int WriteRemote(in FlowEvent e, FlowGrouping grouping, bool inbound, Span<byte> buffer)
    {
        var writer = new WireWriter(buffer);
        // The peer is the destination's, unless that is the event's own pod: see PeerLookup of the aggregator. So where a
        // process of no pod accepts, it is the process's own node.
        var knowsPeer = !inbound || !e.PodName.IsEmpty;
        if (knowsPeer && !e.PeerNodeName.IsEmpty && (grouping == FlowGrouping.Node || (e.PeerPodName.IsEmpty && e.PeerServiceName.IsEmpty)))
        {
            Add(ref writer, FlowEnd.NodeNameFieldNumber, e.PeerNodeName);
        }
        else if (knowsPeer && !e.PeerServiceName.IsEmpty)
        {
            Add(ref writer, FlowEnd.K8SNamespaceFieldNumber, e.PeerNamespace);
            Add(ref writer, FlowEnd.K8SServiceNameFieldNumber, e.PeerServiceName);
        }
        else if (knowsPeer && !e.PeerPodName.IsEmpty)
        {
            WritePod(ref writer, grouping, e.PeerNamespace, e.PeerWorkloadKind, e.PeerWorkloadName, e.PeerPodName);
        }
        else if (!inbound && !e.DestinationName.IsEmpty)
        {
            Add(ref writer, FlowEnd.NameFieldNumber, e.DestinationName);
        }
        else
        {
            Add(ref writer, FlowEnd.IpFieldNumber, inbound ? e.SourceIp : e.DestinationIp);
        }

        return writer.Length;
    }

    private static void WritePod(
        ref WireWriter writer,
        FlowGrouping grouping,
        ReadOnlySpan<byte> inNamespace,
        ReadOnlySpan<byte> workloadKind,
        ReadOnlySpan<byte> workloadName,
        ReadOnlySpan<byte> pod)
    {
        Add(ref writer, FlowEnd.K8SNamespaceFieldNumber, inNamespace);
        if (grouping == FlowGrouping.Workload && !workloadName.IsEmpty)
        {
            Add(ref writer, FlowEnd.K8SWorkloadKindFieldNumber, workloadKind);
            Add(ref writer, FlowEnd.K8SWorkloadNameFieldNumber, workloadName);
        }
        else
        {
            Add(ref writer, FlowEnd.K8SPodNameFieldNumber, pod);
        }
    }

    private static void Add(ref WireWriter writer, int field, ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            writer.Bytes(field, text);
        }
    }
}
