using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>A list of events to query.</summary>
public sealed class EventQuery
{
    /// <summary>Which events; null or empty for all.</summary>
    public EventFilter? Filter { get; init; }

    /// <summary>
    /// At most this many events, 1 to <see cref="ContractLimits.MaxListLimit"/>; 0, the default, means
    /// <see cref="ContractLimits.DefaultListLimit"/>.
    /// </summary>
    public int Limit { get; init; }

    /// <summary>
    /// At most this many bytes of events, but at least one event. The next page token continues a page that this limit
    /// cut. Default: what fits in a message that gRPC clients accept.
    /// </summary>
    public int MaxBytes { get; init; } = ContractLimits.MaxResponseEventBytes;

    /// <summary>
    /// Whether to count the process ids too, see <see cref="QueryResult.Pids"/>. It reads every event that
    /// matches. Default: no.
    /// </summary>
    public bool CountPids { get; init; }

    /// <summary>Ends the query early, where the log reaches into a history.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The <see cref="QueryResult.NextPageToken"/> of the page before; empty for the first page.</summary>
    public string PageToken { get; init; } = "";
}
