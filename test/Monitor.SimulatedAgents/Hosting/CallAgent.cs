using Grpc.Core;

namespace Monitor.SimulatedAgents.Hosting;

/// <summary>Whom a call is for.</summary>
internal static class CallAgent
{
    /// <summary>The agent at whose port the call arrived: its connection carries it, see
    /// <see cref="AgentConnections.Add"/>.</summary>
    public static SimulatedAgent Of(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<SimulatedAgent>()!;
}
