using Monitor.V1;

namespace Monitor.Server;

/// <summary>Tracks which changes of agents one stream has reported to its client. For one thread at a time.</summary>
internal sealed class AgentChanges(IAgentDirectory directory, TimeProvider time)
{
    // Most often that a client is told. Each time looks at all agents.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, (Agent.Types.State State, string Reason, string Epoch)> _told = [];
    private long _version = -1;
    private long _takenAt;

    /// <summary>Whether there may be something to tell, and it is time to.</summary>
    public bool Any => directory.Version != _version && (_version < 0 || time.GetElapsedTime(_takenAt) >= Interval);

    /// <summary>Agents whose state, reason or run is not what the client was told.</summary>
    public IReadOnlyList<Agent> Take()
    {
        if (!Any)
        {
            return [];
        }

        // Before the agents are read: what changes from now on is told the next time.
        _version = directory.Version;
        _takenAt = time.GetTimestamp();
        var agents = directory.GetAgents();
        var changed = new List<Agent>();
        foreach (var agent in agents)
        {
            var now = (agent.State, agent.Reason, agent.Epoch);
            if (!_told.TryGetValue(agent.Address, out var told) || told != now)
            {
                _told[agent.Address] = now;
                changed.Add(agent);
            }
        }

        if (_told.Count > agents.Count)
        {
            foreach (var forgotten in _told.Keys.Except(agents.Select(agent => agent.Address)).ToList())
            {
                _told.Remove(forgotten);
            }
        }

        return changed;
    }
}
