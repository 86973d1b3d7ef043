namespace Monitor.Protocol;

/// <summary>The limits and defaults that the comments of the .proto files state, for both sides of the contract.</summary>
public static class ContractLimits
{
    /// <summary>Events of a list if the request sets no limit.</summary>
    public const int DefaultListLimit = 100;

    /// <summary>Highest limit of a list.</summary>
    public const int MaxListLimit = 10_000;

    /// <summary>Events of a list by process if the request sets no limit.</summary>
    public const int DefaultGroupedListLimit = 1000;

    /// <summary>Seconds that a summary covers if the request does not say.</summary>
    public const int DefaultSummarySeconds = 60;

    /// <summary>Most seconds of a summary: 31 days.</summary>
    public const int MaxSummarySeconds = 2_678_400;

    /// <summary>Most intervals of a summary.</summary>
    public const int MaxSummaryIntervals = 1000;

    /// <summary>Flows of a list if the request sets no limit.</summary>
    public const int DefaultFlowLimit = 100;

    /// <summary>Highest limit of a list of flows.</summary>
    public const int MaxFlowLimit = 1000;

    /// <summary>How many flows are told apart; the rest is one sum.</summary>
    public const int MaxFlows = 10_000;

    /// <summary>Events in a message of a stream if the request sets no maximum.</summary>
    public const int DefaultBatchEvents = 512;

    /// <summary>Highest maximum of events in a message of a stream.</summary>
    public const int MaxBatchEvents = 10_000;

    /// <summary>How long events wait for a batch to fill if the request does not say.</summary>
    public static readonly TimeSpan DefaultBatchDelay = TimeSpan.FromMilliseconds(5);

    /// <summary>Longest wait for a batch to fill.</summary>
    public static readonly TimeSpan MaxBatchDelay = TimeSpan.FromSeconds(10);

    /// <summary>Silence of a stream after which it sends an empty message.</summary>
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
    /// Most bytes of events in one response. By default gRPC clients refuse messages above 4 MiB. The difference
    /// is for the other fields of the response.
    /// </summary>
    public const int MaxResponseEventBytes = (4 << 20) - (64 << 10);
}
