using System.Collections.ObjectModel;
using DuckDB.NET.Data;

namespace Monitor.Server.Tests.Exporting;

/// <summary>Reads files as an analyst would: with DuckDB.</summary>
internal static class Duck
{
    /// <summary>The rows of a query. <c>FILE</c> in it stands for the file.</summary>
    public static IReadOnlyList<ReadOnlyDictionary<string, object?>> Query(string file, string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SET TimeZone = 'UTC'; {sql.Replace("FILE", $"'{file}'", StringComparison.Ordinal)}";
        using var reader = command.ExecuteReader();
        // Of the setting, then of the query.
        reader.NextResult();
        var rows = new List<ReadOnlyDictionary<string, object?>>();
        while (reader.Read())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount)
                .ToDictionary(reader.GetName, column => reader.IsDBNull(column) ? null : reader.GetValue(column)).AsReadOnly());
        }

        return rows;
    }

    /// <summary>The one value of a query.</summary>
    public static object? Value(string file, string sql) => Query(file, sql).Single().Values.Single();
}
