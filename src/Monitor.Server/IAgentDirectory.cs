using Monitor.V1;

namespace Monitor.Server;

/// <summary>The agents behind an aggregator, as its server shows them. Any thread.</summary>
public interface IAgentDirectory
{
    /// <summary>Grows whenever the state, the reason or the run of an agent changes, or an agent comes or goes.</summary>
    long Version { get; }

    /// <summary>
    /// Up to when, by wall-clock time, the events of all agents are in the log whose events come in; see
    /// <c>StreamEventsResponse.watermark</c>. The present where there is no such agent.
    /// </summary>
    DateTimeOffset Watermark { get; }

    /// <summary>Every agent as it is now, in no order. Messages that the caller may keep and change.</summary>
    IReadOnlyList<Agent> GetAgents();

    /// <summary>How far the clock of a node is off; null where it was not measured.</summary>
    ClockEstimate? ClockOf(string nodeName);
}
