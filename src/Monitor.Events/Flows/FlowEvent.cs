using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>The fields of an encoded event that say who talks to whom. Parts of its bytes; nothing is copied.</summary>
internal ref struct FlowEvent
{
    public ReadOnlySpan<byte> NodeName, Command, Namespace, WorkloadKind, WorkloadName, PodName;
    public ReadOnlySpan<byte> PeerPodName, PeerNamespace, PeerWorkloadKind, PeerWorkloadName, PeerServiceName, PeerNodeName;
    public ReadOnlySpan<byte> Protocol, SourceIp, DestinationIp, DestinationName;

    /// <summary>Tag of the detail in Event; 0 where it is none that flows are made of.</summary>
    public uint Detail;

    public ReadOnlySpan<byte> DetailBytes;

    /// <param name="message">An event without a field that occurs twice.</param>
    public static FlowEvent Read(ReadOnlySpan<byte> message)
    {
        var made = default(FlowEvent);
        var reader = new WireReader(message);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if ((tag & 7) != WireReader.LengthDelimited)
            {
                if (!reader.TrySkip(tag))
                {
                    break;
                }

                continue;
            }

            if (!reader.TryReadBytes(out var value))
            {
                break;
            }

            switch (tag)
            {
                case EventTags.NodeName: made.NodeName = Name(value); break;
                case EventTags.Command: made.Command = Name(value); break;
                case EventTags.KubernetesNamespace: made.Namespace = Name(value); break;
                case EventTags.KubernetesWorkloadKind: made.WorkloadKind = Name(value); break;
                case EventTags.KubernetesWorkloadName: made.WorkloadName = Name(value); break;
                case EventTags.KubernetesPodName: made.PodName = Name(value); break;
                case EventTags.PeerPodName: made.PeerPodName = Name(value); break;
                case EventTags.PeerNamespace: made.PeerNamespace = Name(value); break;
                case EventTags.PeerWorkloadKind: made.PeerWorkloadKind = Name(value); break;
                case EventTags.PeerWorkloadName: made.PeerWorkloadName = Name(value); break;
                case EventTags.PeerServiceName: made.PeerServiceName = Name(value); break;
                case EventTags.PeerNodeName: made.PeerNodeName = Name(value); break;
                case EventTags.Protocol: made.Protocol = Name(value); break;
                case EventTags.SourceIp: made.SourceIp = Name(value); break;
                case EventTags.DestinationIp: made.DestinationIp = Name(value); break;
                case EventTags.DestinationName: made.DestinationName = Name(value); break;
                case EventTags.Connection or EventTags.PacketDrop:
                case >= EventTags.Accept and <= EventTags.Dns:
                    made.Detail = tag;
                    made.DetailBytes = value;
                    break;
            }
        }

        return made;
    }

    // What is longer is no name of anything, and the keys of flows must not grow with it.
    private static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> value) =>
        value.Length <= ContractLimits.MaxFilterTextBytes ? value : default;
}
