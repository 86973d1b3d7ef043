namespace Monitor.Server;

/// <summary>What a metric's numbers mean.</summary>
internal enum MetricKind
{
    /// <summary>Falls only where what it counts begins again.</summary>
    Counter,

    /// <summary>Rises and falls.</summary>
    Gauge,
}
