using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace Monitor.V1;

/// <summary>
/// The filter fields that all requests with a filter share. Generated messages implement it without further code;
/// <c>FilterMessages.cs</c> declares which do.
/// </summary>
public interface IEventFilterFields
{
    /// <summary>Event types. Empty also if the message has no such field, because it is about one type.</summary>
    RepeatedField<string> Type => [];

    /// <summary>Process ids.</summary>
    RepeatedField<uint> Pid { get; }

    /// <summary>Command names, exact.</summary>
    RepeatedField<string> Command { get; }

    /// <summary>Kubernetes nodes.</summary>
    RepeatedField<string> K8SNodeName { get; }

    /// <summary>Pods.</summary>
    RepeatedField<string> K8SPodName { get; }

    /// <summary>Kubernetes namespaces.</summary>
    RepeatedField<string> K8SNamespace { get; }

    /// <summary>Nodes.</summary>
    RepeatedField<string> NodeName { get; }

    /// <summary>Source addresses or CIDR blocks.</summary>
    RepeatedField<string> SourceIp { get; }

    /// <summary>Destination addresses or CIDR blocks.</summary>
    RepeatedField<string> DestinationIp { get; }

    /// <summary>Source ports.</summary>
    RepeatedField<uint> SourcePort { get; }

    /// <summary>Destination ports.</summary>
    RepeatedField<uint> DestinationPort { get; }

    /// <summary>Protocols by name or number.</summary>
    RepeatedField<string> Protocol { get; }

    /// <summary>Workloads of the pod.</summary>
    RepeatedField<string> K8SWorkloadName { get; }

    /// <summary>Pods on the other side.</summary>
    RepeatedField<string> PeerPodName { get; }

    /// <summary>Namespaces of the pod or service on the other side.</summary>
    RepeatedField<string> PeerNamespace { get; }

    /// <summary>Workloads on the other side.</summary>
    RepeatedField<string> PeerWorkloadName { get; }

    /// <summary>Services on the other side.</summary>
    RepeatedField<string> PeerServiceName { get; }

    /// <summary>Nodes on the other side.</summary>
    RepeatedField<string> PeerNodeName { get; }

    /// <summary>Connections. Empty also if the message has no such field.</summary>
    RepeatedField<ulong> ConnectionId => [];

    /// <summary>Names that were looked up for the destination. Empty also if the message has no such field.</summary>
    RepeatedField<string> DestinationName => [];

    /// <summary>Conditions on fields of the user's own monitors. Empty also if the message has no such field.</summary>
    RepeatedField<string> Field => [];

    /// <summary>Whether <see cref="Failed"/> is set.</summary>
    bool HasFailed => false;

    /// <summary>Failures only, or everything but failures.</summary>
    bool Failed => false;

    /// <summary>Earliest time, inclusive. Null: no bound, also if the message has no such field.</summary>
    Timestamp? Since => null;

    /// <summary>Latest time, exclusive. Null: no bound, also if the message has no such field.</summary>
    Timestamp? Until => null;
}
