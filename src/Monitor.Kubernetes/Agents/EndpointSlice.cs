namespace Monitor.Kubernetes.Agents;

/// <summary>What is kept of an endpoint slice, or of the endpoints of an older server.</summary>
internal sealed record EndpointSlice(Guid Uid, AgentEndpoint[] Endpoints);
