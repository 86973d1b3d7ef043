using Monitor.V1;

namespace Monitor.Events;

/// <summary>A label that metrics of the network can have, and the fields of events that it comes from.</summary>
/// <param name="Name">Its name in metrics.</param>
/// <param name="Field">Number of the field in <see cref="Event"/>.</param>
/// <param name="KindField">Number of the field that is put before it with a slash; 0 for none.</param>
public sealed record NetworkLabel(string Name, int Field, int KindField = 0)
{
    /// <summary>All of them. Nobody gets the later ones without asking: there may be as many values as packets.</summary>
    public static IReadOnlyList<NetworkLabel> All { get; } =
    [
        new("node", Event.NodeNameFieldNumber),
        new("namespace", Event.K8SNamespaceFieldNumber),
        new("workload", Event.K8SWorkloadNameFieldNumber, Event.K8SWorkloadKindFieldNumber),
        new("pod", Event.K8SPodNameFieldNumber),
        new("container", Event.K8SContainerNameFieldNumber),
        new("command", Event.CommandFieldNumber),
        new("pid", Event.PidFieldNumber),
        new("source_ip", Event.SourceIpFieldNumber),
        new("destination_ip", Event.DestinationIpFieldNumber),
        new("destination_port", Event.DestinationPortFieldNumber),
        new("destination_name", Event.DestinationNameFieldNumber),
    ];

    /// <summary>The first three of <see cref="All"/>: node, namespace, workload.</summary>
    public static IReadOnlyList<NetworkLabel> Default { get; } = [.. All.Take(3)];
}
