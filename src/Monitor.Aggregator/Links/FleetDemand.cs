using Monitor.Server;

namespace Monitor.Aggregator.Links;

/// <summary>What this aggregator's clients ask for, for the links to pass on. Any thread.</summary>
internal sealed class FleetDemand
{
    private volatile State _state = new(new ProgramDemand(false, new HashSet<string>()));

    /// <summary>What is asked for now.</summary>
    public ProgramDemand Current => _state.Demand;

    /// <summary>Ends when something else is asked for than at the time of this call.</summary>
    public Task Changed => _state.Changed.Task;

    /// <summary>Something may have changed. One thread at a time.</summary>
    public void Set(ProgramDemand demand)
    {
        var before = _state;
        if (demand.All != before.Demand.All || !demand.Names.SetEquals(before.Demand.Names))
        {
            _state = new State(demand);
            before.Changed.SetResult();
        }
    }

    private sealed record State(ProgramDemand Demand)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
