namespace Monitor.V1;

/// <summary>Makes the filter that a request asks for.</summary>
public static class EventFilterExtensions
{
    /// <summary>A filter of its own with the request's filter fields, as they were given: nothing is checked.</summary>
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
        if (request.HasFailed)
        {
            filter.Failed = request.Failed;
        }

        return filter;
    }
}
