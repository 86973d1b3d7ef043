namespace Monitor.Bpf.Schema;

/// <summary>A map that is a metric: its values are counter_t or struct histogram of bpf/include/monitor.h.</summary>
/// <param name="Name">The map's name.</param>
/// <param name="Description">What the author wrote about it with DOC(); empty where nothing.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="KeyFields">
/// The labels: the fields of its key, or the key itself as one field <c>key</c>. None for an array of one element.
/// </param>
public sealed record MetricMap(string Name, string Description, MetricKind Kind, IReadOnlyList<RecordField> KeyFields)
{
    /// <summary>Bytes of a value, of one CPU.</summary>
    public int ValueSize => Kind == MetricKind.Counter ? CounterSize : HistogramSize;

    internal const int CounterSize = 8;
    internal const int HistogramSlots = 64;
    internal const int HistogramSize = 8 + (HistogramSlots * 8);

    /// <summary>The metrics of an object, in the order of the file.</summary>
    /// <exception cref="BpfException">One cannot be shown; the message names it and the reason.</exception>
    public static IReadOnlyList<MetricMap> ReadAll(BpfObject bpfObject)
    {
        ArgumentNullException.ThrowIfNull(bpfObject);
        return bpfObject.Types is { } types ? new MetricReader(types, bpfObject).ReadAll() : [];
    }
}
