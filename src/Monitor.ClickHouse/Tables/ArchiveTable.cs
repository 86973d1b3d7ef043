namespace Monitor.ClickHouse.Tables;

/// <summary>A table, with the columns that are written, in the order of <see cref="EventRows"/> and <see cref="LossRows"/>.
/// <c>deploy/clickhouse/schema.sql</c> creates it; a test compares the two.</summary>
internal sealed record ArchiveTable(string Name, IReadOnlyList<TableColumn> Columns)
{
    private const string Word = "LowCardinality(String)";
    private const string Moment = "DateTime64(9, 'UTC')";

    public static ArchiveTable Events { get; } = new("events",
    [
        new("time", Moment), new("epoch", "UInt64"), new("sequence", "UInt64"), new("type", Word), new("failed", "Bool"),
        new("node_name", Word), new("pid", "Nullable(UInt32)"), new("command", Word), new("k8s_node_name", Word),
        new("k8s_pod_name", Word), new("k8s_namespace", Word), new("k8s_workload_name", Word), new("peer_pod_name", Word),
        new("peer_namespace", Word), new("peer_workload_name", Word), new("peer_service_name", Word),
        new("peer_node_name", Word), new("source_ip", "Nullable(IPv6)"), new("source_port", "Nullable(UInt16)"),
        new("destination_ip", "Nullable(IPv6)"), new("destination_port", "Nullable(UInt16)"), new("destination_name", "String"),
        new("protocol", Word), new("connection_id", "Nullable(UInt64)"), new("outcome", Word), new("error", Word),
        new("reason", Word), new("event", "String"),
    ]);

    public static ArchiveTable Losses { get; } = new("losses",
    [
        new("written", Moment), new("log_epoch", "UInt64"), new("position", "UInt64"), new("number", "UInt32"),
        new("node_name", Word), new("type", Word), new("cause", Word), new("count", "UInt64"),
        new("first_time", $"Nullable({Moment})"), new("last_time", $"Nullable({Moment})"),
    ]);

    public static IReadOnlyList<ArchiveTable> All { get; } = [Events, Losses];

    /// <summary>The statement that inserts rows.</summary>
    public string Insert { get; } = $"INSERT INTO {Name} ({string.Join(", ", Columns.Select(column => column.Name))}) FORMAT RowBinary";
}
