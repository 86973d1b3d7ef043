namespace Monitor.Bpf.Schema;

/// <summary>What the values of a metric are.</summary>
public enum MetricKind
{
    /// <summary>counter_t: 8 bytes, a number that only grows.</summary>
    Counter,

    /// <summary>
    /// struct histogram: the sum of all values, then 64 numbers: how many values from 2^i to below 2^(i+1); 0 is in the first.
    /// 8 bytes each.
    /// </summary>
    Histogram,
}
