using Monitor.Aggregator.Discovery;
using Monitor.Server;

namespace Monitor.Aggregator;

/// <summary>What the aggregator says when it is up: where it finds agents, and how to look at what it serves.</summary>
internal static class StartReport
{
    public static void Write(TextWriter to, ServerEndPoints endPoints, IReadOnlyList<IAgentSource> sources)
    {
        foreach (var source in sources)
        {
            to.WriteLine($"agents: {source.Description}");
        }

        to.WriteLine($"REST on {endPoints.HttpUrl}   try: curl -s '{endPoints.HttpUrl}/api/agents'");
        to.WriteLine($"gRPC on {endPoints.GrpcTarget}   try: grpcurl -plaintext {endPoints.GrpcTarget} "
            + "monitor.v1.EventService/StreamEvents");
    }
}
