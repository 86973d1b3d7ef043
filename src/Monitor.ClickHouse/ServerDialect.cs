namespace Monitor.ClickHouse;

/// <summary>What a server understands, beyond what all versions do. Rows have the same bytes for all of them.</summary>
internal sealed class ServerDialect
{
    /// <summary>Servers of today.</summary>
    public static ServerDialect Current { get; } = new()
    {
        InsertSettings = static token => new Dictionary<string, object>
        {
            // A batch that arrived, though its answer did not, is not stored again.
            ["insert_deduplication_token"] = token,
            // The clock of a node can be anywhere, and each day is a partition: that must not keep the rest of a batch out.
            ["throw_on_max_partitions_per_insert_block"] = 0,
            // The answer must mean that the rows are stored, whatever the server's default.
            ["async_insert"] = 0,
        },
        TypeOf = static type => type,
    };

    /// <summary>The settings of an insert with a token that is the same for the same rows.</summary>
    public required Func<string, Dictionary<string, object>> InsertSettings { get; init; }

    /// <summary>The type that it has for one of today.</summary>
    public required Func<string, string> TypeOf { get; init; }
}
