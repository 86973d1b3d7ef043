using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>What to list.</summary>
public sealed class EventQuery
{
    /// <summary>Which events; null or empty for all.</summary>
    public EventFilter? Filter { get; init; }

    /// <summary>
    /// At most this many events, 1 to <see cref="ContractLimits.MaxListLimit"/>; 0, the default, stands for
    /// <see cref="ContractLimits.DefaultListLimit"/>.
    /// </summary>
    public int Limit { get; init; }

    /// <summary>
    /// At most this many bytes of events, though one event at least. A page that it cuts short goes on with the next
    /// page token. Default: what fits in a message that gRPC clients take.
    /// </summary>
    public int MaxBytes { get; init; } = ContractLimits.MaxResponseEventBytes;

    /// <summary>
    /// Whether to count the process ids too, see <see cref="QueryResult.PidCount"/>. It takes a look at every event that
    /// matches. Default: no.
    /// </summary>
    public bool CountPids { get; init; }

    /// <summary>The <see cref="QueryResult.NextPageToken"/> of the page before; empty for the first page.</summary>
    public string PageToken { get; init; } = "";
}
