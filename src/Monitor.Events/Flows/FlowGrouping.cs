namespace Monitor.Events;

/// <summary>What makes a flow; see <c>ListFlowsRequest.group_by</c>.</summary>
public enum FlowGrouping
{
    /// <summary>Workloads of pods; outside Kubernetes, the command on its node.</summary>
    Workload,

    /// <summary>Pods instead of workloads.</summary>
    Pod,

    /// <summary>The command on its node, in its pod.</summary>
    Process,

    /// <summary>Nodes.</summary>
    Node,
}
