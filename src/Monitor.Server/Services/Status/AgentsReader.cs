using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Server;

/// <summary>The agents of an aggregator, as clients see them. An agent has none.</summary>
internal sealed class AgentsReader(IAgentDirectory? directory, MonitorServerOptions options)
{
    /// <summary>Null on an agent.</summary>
    public IAgentDirectory? Directory => directory;

    /// <summary>The wall-clock time up to which the log is complete: the present, or what the agents report.</summary>
    public DateTimeOffset Watermark => directory?.Watermark ?? options.Time.GetUtcNow();

    /// <summary>The agents, by node, then by address.</summary>
    /// <exception cref="Grpc.Core.RpcException">This is an agent.</exception>
    public ListAgentsResponse List(ListAgentsRequest request)
    {
        var agents = directory?.GetAgents() ?? throw CallErrors.OnlyOnAggregator("ListAgents");
        var response = new ListAgentsResponse { QueryTime = Timestamp.FromDateTimeOffset(options.Time.GetUtcNow()) };
        response.Agents.AddRange(Ordered(
            request.NodeName.Count == 0 ? agents : agents.Where(agent => request.NodeName.Contains(agent.NodeName))));
        response.Count = response.Agents.Count;
        return response;
    }

    /// <summary>How many there are. Null on an agent.</summary>
    public AgentCounts? Count()
    {
        if (directory is null)
        {
            return null;
        }

        var agents = directory.GetAgents();
        return new AgentCounts
        {
            Total = agents.Count(agent => agent.State is not (State.Duplicate or State.Gone)),
            Streaming = agents.Count(IsReached),
        };
    }

    /// <summary>The agents as parts of an aggregator's health: all that are not gone, the first word being how they are
    /// together.</summary>
    public (string Status, IReadOnlyList<HealthPart> Parts) Health()
    {
        var agents = Ordered(directory!.GetAgents())
            .Where(agent => agent.State is not (State.Duplicate or State.Gone))
            .ToList();
        var parts = agents.ConvertAll(agent => new HealthPart
        {
            Name = $"agent/{(agent.NodeName.Length > 0 ? agent.NodeName : agent.Address)}",
            Status = IsReached(agent) ? HealthReader.Healthy : HealthReader.Unhealthy,
            Message = IsReached(agent) ? "" : Describe(agent),
        });
        // Without any agent it sees nothing, and waits for some to be found.
        var status = parts.Count == 0 ? HealthReader.Degraded
            : parts.All(part => part.Status == HealthReader.Healthy) ? HealthReader.Healthy
            : HealthReader.Degraded;
        if (parts.Count == 0)
        {
            parts.Add(new HealthPart
            {
                Name = "agents",
                Status = HealthReader.Degraded,
                Message = "No agent was found yet; see where the aggregator was told to look for them.",
            });
        }

        return (status, parts);
    }

    private static bool IsReached(Agent agent) => agent.State is State.Streaming or State.CatchingUp;

    private static string Describe(Agent agent)
    {
        var state = agent.State switch
        {
            State.BackingOff => "out of reach",
            State.Failed => "cannot be used",
            _ => "connecting",
        };
        var since = agent.StateTime is { } time
            ? string.Create(CultureInfo.InvariantCulture, $" since {time.ToDateTimeOffset():yyyy-MM-ddTHH:mm:ssZ}")
            : "";
        return $"{agent.Address} is {state}{since}{(agent.Reason.Length > 0 ? $": {agent.Reason}" : "")}";
    }

    private static IEnumerable<Agent> Ordered(IEnumerable<Agent> agents) =>
        agents.OrderBy(agent => agent.NodeName, StringComparer.Ordinal).ThenBy(agent => agent.Address, StringComparer.Ordinal);
}
