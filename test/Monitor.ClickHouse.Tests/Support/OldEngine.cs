using System.Diagnostics;
using System.Globalization;
using Monitor.ClickHouse.Tables;

namespace Monitor.ClickHouse.Tests;

/// <summary>
/// Debian's clickhouse-server, 18.16 of 2018: a real server with a real HTTP interface, but without codecs, TTL, DateTime64,
/// IPv6, parameters and tokens for deduplication. Its tables have other types of the same bytes.
/// </summary>
internal sealed class OldEngine : Engine
{
    private const string Program = "/usr/sbin/clickhouse-server";

    public override ServerDialect Dialect { get; } = new()
    {
        InsertSettings = static _ => [],
        QuerySettings = new Dictionary<string, object>(),
        TypeOf = static type => type
            .Replace("DateTime64(9, 'UTC')", "Int64", StringComparison.Ordinal)
            .Replace("LowCardinality(String)", "String", StringComparison.Ordinal)
            .Replace("IPv6", "FixedString(16)", StringComparison.Ordinal)
            .Replace("Bool", "UInt8", StringComparison.Ordinal),
    };

    /// <summary>Starts one with empty tables; skips the test where there is none.</summary>
    public static async Task<OldEngine> StartNewAsync()
    {
        Missing.SkipUnless(File.Exists(Program), $"{Program}: install clickhouse-server");
        var engine = new OldEngine();
        engine.Configure();
        await engine.StartAsync();
        await engine.CreateTablesAsync();
        return engine;
    }

    protected override ProcessStartInfo StartInfo() => new(Program, [$"--config-file={Folder}/config.xml"]);

    protected override IEnumerable<string> Tables() => ArchiveTable.All.Select(table =>
        $"CREATE TABLE {table.Name} ({string.Join(", ", table.Columns.Select(column => $"{column.Name} {Dialect.TypeOf(column.Type)}"))}) "
        + $"ENGINE = ReplacingMergeTree ORDER BY {(table == ArchiveTable.Events ? "(time, epoch, sequence)" : "(log_epoch, position, number)")}");

    private void Configure()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "tmp"));
        File.WriteAllText(Path.Combine(Folder, "config.xml"), string.Create(CultureInfo.InvariantCulture, $"""
            <yandex>
              <logger><level>warning</level><console>true</console></logger>
              <listen_host>127.0.0.1</listen_host>
              <http_port>{Port}</http_port>
              <path>{Folder}/data/</path>
              <tmp_path>{Folder}/tmp/</tmp_path>
              <users_config>users.xml</users_config>
              <default_profile>default</default_profile>
              <default_database>default</default_database>
              <mark_cache_size>67108864</mark_cache_size>
            </yandex>
            """));
        File.WriteAllText(Path.Combine(Folder, "users.xml"), $"""
            <yandex>
              <profiles><default><max_memory_usage>2000000000</max_memory_usage></default></profiles>
              <users>
                <{User}>
                  <password>{Password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
                </{User}>
              </users>
              <quotas><default/></quotas>
            </yandex>
            """);
    }
}
