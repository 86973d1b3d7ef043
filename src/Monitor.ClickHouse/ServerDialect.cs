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
        QuerySettings = new Dictionary<string, object>
        {
            // What is longer fails, with a message that says so, and leaves the server to others.
            ["max_execution_time"] = 10,
            ["max_memory_usage"] = 2_000_000_000,
            // An error within an answer is an error, and not the end of the answer.
            ["wait_end_of_query"] = 1,
            // Rows of one event are of one day.
            ["do_not_merge_across_partitions_select_final"] = 1,
        },
        TypeOf = static type => type,
    };

    /// <summary>The settings of an insert with a token that is the same for the same rows.</summary>
    public required Func<string, Dictionary<string, object>> InsertSettings { get; init; }

    /// <summary>The settings of a query.</summary>
    public required IReadOnlyDictionary<string, object> QuerySettings { get; init; }

    /// <summary>The type that it has for one of today.</summary>
    public required Func<string, string> TypeOf { get; init; }
}
