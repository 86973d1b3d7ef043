namespace Monitor.Protocol;

/// <summary>The limits and defaults that the comments of the .proto files state, for both sides of the contract.</summary>
public static class ContractLimits
{
    /// <summary>Events of a list whose request sets no limit.</summary>
    public const int DefaultListLimit = 100;

    /// <summary>Most events that a list can be asked for.</summary>
    public const int MaxListLimit = 10_000;

    /// <summary>Events of a list by process whose request sets no limit.</summary>
    public const int DefaultGroupedListLimit = 1000;

    /// <summary>Seconds that a summary covers where the request does not say.</summary>
    public const int DefaultSummarySeconds = 60;

    /// <summary>Most seconds that a summary can be asked for: a day.</summary>
    public const int MaxSummarySeconds = 86_400;

    /// <summary>Events in a stream's message where the request sets no maximum.</summary>
    public const int DefaultBatchEvents = 512;

    /// <summary>Most events that a stream's message can be asked for.</summary>
    public const int MaxBatchEvents = 10_000;

    /// <summary>How long events wait for a batch to fill where the request does not say.</summary>
    public static readonly TimeSpan DefaultBatchDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest wait for a batch to fill that can be asked for.</summary>
    public static readonly TimeSpan MaxBatchDelay = TimeSpan.FromSeconds(10);

    /// <summary>How long a stream is silent before it sends an empty message.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(5);

    /// <summary>Most values of one filter field.</summary>
    public const int MaxFilterValues = 1000;

    /// <summary>Longest text of one filter value, in UTF-8 bytes: above what Kubernetes allows for a name (253).</summary>
    public const int MaxFilterTextBytes = 256;

    /// <summary>
    /// Longest name of a node, in UTF-8 bytes. It is the limit of filter values, so that every node can be filtered by
    /// its name.
    /// </summary>
    public const int MaxNodeNameBytes = MaxFilterTextBytes;

    /// <summary>
    /// Most bytes of events in one response. gRPC clients refuse messages above 4 MiB unless told otherwise; the rest
    /// is for the fields around the events.
    /// </summary>
    public const int MaxResponseEventBytes = (4 << 20) - (64 << 10);
}
