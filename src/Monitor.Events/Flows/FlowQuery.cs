using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Which events <see cref="EventLog.SumFlows"/> sums, and how.</summary>
public sealed class FlowQuery
{
    /// <summary>Which events; null or empty for all.</summary>
    public EventFilter? Filter { get; init; }

    /// <summary>Only events of so many last seconds, in place of the filter's times; 0: by the filter's times.</summary>
    public int DurationSeconds { get; init; }

    /// <summary>What makes a flow.</summary>
    public FlowGrouping GroupBy { get; init; }

    /// <summary>What comes first.</summary>
    public FlowOrder SortBy { get; init; }

    /// <summary>At most this many flows, 1 to <see cref="ContractLimits.MaxFlowLimit"/>; 0 means
    /// <see cref="ContractLimits.DefaultFlowLimit"/>.</summary>
    public int Limit { get; init; }

    /// <summary>The <see cref="FlowResult.NextPageToken"/> of the page before; empty for the first page.</summary>
    public string PageToken { get; init; } = "";

    /// <summary>How far the clock of a node is off, and how well that is known; null where it was not measured. By default all
    /// clocks are right: the events of an agent have one clock.</summary>
    public Func<string, (TimeSpan Offset, TimeSpan Uncertainty)?> ClockOf { get; init; } = static _ => (default, default);

    /// <summary>Ends the query early, where the log reaches into a history.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>How many flows are told apart at most.</summary>
    public int MaxFlows { get; init; } = ContractLimits.MaxFlows;
}
