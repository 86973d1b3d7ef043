using System.Net;

namespace Monitor.Kubernetes.Agents;

/// <summary>Where an agent listens.</summary>
/// <param name="Address">Of its pod, or of its node where it is on the node's network.</param>
/// <param name="Port">By the name of the port that was asked for; null where the service has none of that name.</param>
/// <param name="NodeName">The node that it is on; null where that was not told.</param>
public sealed record AgentEndpoint(IPAddress Address, int? Port, string? NodeName);
