using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Monitor.ClickHouse;

namespace Monitor.Benchmarks.Machine;

/// <summary>chDB behind an HTTP server, as the tests of Monitor.ClickHouse have it, with empty tables.</summary>
internal sealed partial class ClickHouseEngine : IDisposable
{
    private const string User = "monitor";
    private const string Password = "benchmark";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private readonly string _folder = Directory.CreateTempSubdirectory("monitor-bench-").FullName;
    private readonly ChildProcess _process;
    private string _address = "";

    private ClickHouseEngine() => _process = ChildProcess.Start(
        null,
        "/usr/bin/env",
        $"CHDB_MODULE={Artifacts.ChDb}", "node", Path.Combine(Artifacts.Repository, "test/Monitor.ClickHouse.Tests/engines/chdb.js"), "0", _folder, User, Password);

    /// <summary>Where it is.</summary>
    public ArchiveOptions Options => new()
    {
        Server = ArchiveUrl.TryParse($"http://{User}@{_address}/monitor", out var url) ? url : throw new BenchmarkException($"{_address} is no address"),
        Password = Password,
        BatchDelay = TimeSpan.FromMilliseconds(1),
    };

    public static async Task<ClickHouseEngine> StartAsync()
    {
        var engine = new ClickHouseEngine();
        var line = await engine._process.WaitForLineAsync(line => line.StartsWith("listening on ", StringComparison.Ordinal));
        engine._address = $"127.0.0.1:{line["listening on ".Length..]}";
        engine._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
        return engine;
    }

    /// <summary>Makes the tables, or empties them.</summary>
    public async Task CreateTablesAsync()
    {
        await AskAsync("DROP DATABASE IF EXISTS monitor", "default");
        await AskAsync("CREATE DATABASE monitor", "default");
        var schema = Comment().Replace(await File.ReadAllTextAsync(Path.Combine(Artifacts.Repository, "deploy/clickhouse/schema.sql")), "");
        foreach (var statement in schema.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await AskAsync(statement);
        }
    }

    /// <summary>Asks for a number.</summary>
    public async Task<double> NumberAsync(string query) => double.Parse(await AskAsync(query), CultureInfo.InvariantCulture);

    /// <summary>Asks.</summary>
    public async Task<string> AskAsync(string query, string database = "monitor")
    {
        using var answer = await _http.PostAsync($"http://{_address}/?database={database}", new StringContent(query));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text : throw new BenchmarkException(text);
    }

    public void Dispose()
    {
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex("--.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
