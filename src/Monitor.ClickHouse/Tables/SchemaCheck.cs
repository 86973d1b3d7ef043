namespace Monitor.ClickHouse.Tables;

/// <summary>Compares the tables of a server with those that are written and read.</summary>
internal static class SchemaCheck
{
    /// <summary>Where users find the tables.</summary>
    public const string Remedy = "create the tables with deploy/clickhouse/schema.sql, or add what is missing as it is there";

    // Not by parameters, which old servers do not know; nothing here is anybody's text.
    private static readonly string Query =
        "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN ("
        + string.Join(", ", ArchiveTable.All.Select(table => $"'{table.Name}'")) + ")";

    /// <summary>Compares.</summary>
    /// <returns>What is missing, and the remedy; null where nothing is.</returns>
    public static async Task<string?> FindProblemAsync(ArchiveServer server, string database, CancellationToken cancellationToken)
    {
        var found = (await server.ReadLinesAsync(Query, [], cancellationToken)).ToLookup(line => line[0], line => new TableColumn(line[1], line[2]));
        var problems = ArchiveTable.All.SelectMany(table => ProblemsOf(table, [.. found[table.Name]], server.Dialect)).ToList();
        return problems.Count == 0 ? null : $"database {database}: {string.Join("; ", problems)}: {Remedy}";
    }

    private static IEnumerable<string> ProblemsOf(ArchiveTable table, IReadOnlyList<TableColumn> found, ServerDialect dialect)
    {
        if (found.Count == 0)
        {
            return [$"there is no table {table.Name}"];
        }

        var types = found.ToDictionary(column => column.Name, column => column.Type);
        return table.Columns
            .Select(column => column with { Type = dialect.TypeOf(column.Type) })
            .Where(column => types.GetValueOrDefault(column.Name) != column.Type)
            .Select(column => types.TryGetValue(column.Name, out var type)
                ? $"{table.Name}.{column.Name} is {type} and must be {column.Type}"
                : $"{table.Name} has no column {column.Name} {column.Type}");
    }
}
