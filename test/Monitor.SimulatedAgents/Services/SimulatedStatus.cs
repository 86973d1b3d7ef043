using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.SimulatedAgents.Hosting;
using Monitor.V1;

namespace Monitor.SimulatedAgents.Services;

/// <summary>Who an agent is and how it is doing, which is well.</summary>
internal sealed class SimulatedStatus(SimulatedAgentOptions options) : StatusService.StatusServiceBase
{
    private const string Healthy = "healthy";

    public override Task<GetHealthResponse> GetHealth(GetHealthRequest request, ServerCallContext context)
    {
        var agent = CallAgent.Of(context);
        var run = agent.Run;
        var now = DateTimeOffset.UtcNow;
        return Task.FromResult(new GetHealthResponse
        {
            Status = Healthy,
            Component = "agent",
            NodeName = agent.NodeName,
            Epoch = BootEpoch.Format(run.Log.Epoch),
            Version = options.Version,
            Uptime = Duration.FromTimeSpan(now - run.Start),
            Time = Timestamp.FromDateTimeOffset(now),
            Parts = { new HealthPart { Name = "log", Status = Healthy } },
        });
    }

    public override Task<GetStatsResponse> GetStats(GetStatsRequest request, ServerCallContext context)
    {
        var agent = CallAgent.Of(context);
        var statistics = agent.Run.Log.GetStatistics();
        var response = new GetStatsResponse
        {
            TotalEvents = (ulong)statistics.Appended,
            Log = new LogStats
            {
                Bytes = (ulong)statistics.Bytes,
                CapacityBytes = (ulong)statistics.CapacityBytes,
                Events = (ulong)statistics.Stored,
                Evicted = (ulong)statistics.Evicted,
                Epoch = BootEpoch.Format(statistics.Epoch),
            },
        };
        response.Types_.AddRange(SimulatedPrograms.Of(agent).Select(program => new TypeStats
        {
            NodeName = program.NodeName,
            Type = program.Name,
            Counters = program.Counters,
        }));
        return Task.FromResult(response);
    }
}
