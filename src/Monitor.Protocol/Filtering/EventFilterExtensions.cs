namespace Monitor.V1;

/// <summary>Makes a filter from a request.</summary>
public static class EventFilterExtensions
{
    /// <summary>A new filter with the filter fields of the request. Does not check them.</summary>
    public static EventFilter ToEventFilter(this IEventFilterFields request)
    {
        var filter = new EventFilter { Since = request.Since?.Clone(), Until = request.Until?.Clone() };
        filter.Type.AddRange(request.Type);
        filter.Pid.AddRange(request.Pid);
        filter.Command.AddRange(request.Command);
        filter.K8SNodeName.AddRange(request.K8SNodeName);
        filter.K8SPodName.AddRange(request.K8SPodName);
        filter.K8SNamespace.AddRange(request.K8SNamespace);
        filter.NodeName.AddRange(request.NodeName);
        filter.SourceIp.AddRange(request.SourceIp);
        filter.DestinationIp.AddRange(request.DestinationIp);
        filter.SourcePort.AddRange(request.SourcePort);
        filter.DestinationPort.AddRange(request.DestinationPort);
        filter.Protocol.AddRange(request.Protocol);
        filter.K8SWorkloadName.AddRange(request.K8SWorkloadName);
        filter.PeerPodName.AddRange(request.PeerPodName);
        filter.PeerNamespace.AddRange(request.PeerNamespace);
        filter.PeerWorkloadName.AddRange(request.PeerWorkloadName);
        filter.PeerServiceName.AddRange(request.PeerServiceName);
        filter.PeerNodeName.AddRange(request.PeerNodeName);
        filter.ConnectionId.AddRange(request.ConnectionId);
        filter.DestinationName.AddRange(request.DestinationName);
        filter.Field.AddRange(request.Field);
        if (request.HasFailed)
        {
            filter.Failed = request.Failed;
        }

        return filter;
    }
}
