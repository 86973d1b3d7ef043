using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>The tags that the parsers look for, from the field numbers of the generated contract.</summary>
internal static class EventTags
{
    public const uint Id = Event.IdFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Type = Event.TypeFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Sequence = Event.SequenceFieldNumber << 3 | WireReader.Varint;
    public const uint Time = Event.TimeFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint NodeName = Event.NodeNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint KubernetesNodeName = Event.K8SNodeNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint KubernetesPodName = Event.K8SPodNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint KubernetesNamespace = Event.K8SNamespaceFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Pid = Event.PidFieldNumber << 3 | WireReader.Varint;
    public const uint Command = Event.CommandFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Protocol = Event.ProtocolFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint SourceIp = Event.SourceIpFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint SourcePort = Event.SourcePortFieldNumber << 3 | WireReader.Varint;
    public const uint DestinationIp = Event.DestinationIpFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint DestinationPort = Event.DestinationPortFieldNumber << 3 | WireReader.Varint;
    public const uint Destination = Event.DestinationFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Connection = Event.ConnectionFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PacketDrop = Event.PacketDropFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Accept = Event.AcceptFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Close = Event.CloseFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Retransmit = Event.RetransmitFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Reset = Event.ResetFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Dns = Event.DnsFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint Custom = Event.CustomFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint KubernetesWorkloadKind = Event.K8SWorkloadKindFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint KubernetesWorkloadName = Event.K8SWorkloadNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PeerPodName = Event.PeerPodNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PeerNamespace = Event.PeerNamespaceFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PeerWorkloadKind = Event.PeerWorkloadKindFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PeerWorkloadName = Event.PeerWorkloadNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PeerServiceName = Event.PeerServiceNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint PeerNodeName = Event.PeerNodeNameFieldNumber << 3 | WireReader.LengthDelimited;

    public const uint DestinationName = Event.DestinationNameFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint ConnectionId = Event.ConnectionIdFieldNumber << 3 | WireReader.Varint;
    public const uint PeerEventId = Event.PeerEventIdFieldNumber << 3 | WireReader.LengthDelimited;

    public const uint Outcome = ConnectionDetail.OutcomeFieldNumber << 3 | WireReader.Varint;
    public const uint ConnectionError = ConnectionDetail.ErrorFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint HandshakeTime = ConnectionDetail.HandshakeTimeFieldNumber << 3 | WireReader.LengthDelimited;

    public const uint DropReason = PacketDropDetail.ReasonFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint DropSymbol = PacketDropDetail.SymbolFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint DropInterface = PacketDropDetail.InterfaceFieldNumber << 3 | WireReader.LengthDelimited;
    public const uint DropExplanation = PacketDropDetail.ExplanationFieldNumber << 3 | WireReader.LengthDelimited;

    public const uint DnsResponseCode = DnsDetail.ResponseCodeFieldNumber << 3 | WireReader.LengthDelimited;

    // Timestamp and Duration have the same field numbers.
    public const uint Seconds = Timestamp.SecondsFieldNumber << 3 | WireReader.Varint;
    public const uint Nanos = Timestamp.NanosFieldNumber << 3 | WireReader.Varint;

    /// <summary>
    /// Tag of an event in StreamEventsResponse and in ListEventsResponse: stored events have it already, so that
    /// consecutive events are copied to the wire as they are.
    /// </summary>
    public const uint ResponseEvent = StreamEventsResponse.EventsFieldNumber << 3 | WireReader.LengthDelimited;

    /// <summary>Tag of a loss in StreamEventsResponse.</summary>
    public const uint ResponseLoss = StreamEventsResponse.LossesFieldNumber << 3 | WireReader.LengthDelimited;
}
