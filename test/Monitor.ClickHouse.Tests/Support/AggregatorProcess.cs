using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Monitor.ClickHouse.Tests;

/// <summary>A real aggregator, with its restrictions of system calls and files, that writes to an engine.</summary>
internal sealed class AggregatorProcess : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Process _process;
    private readonly string _passwordFile = Path.GetTempFileName();
    private readonly List<string> _error = [];

    public AggregatorProcess(Engine engine, IEnumerable<string> agents, params IEnumerable<string> arguments)
    {
        File.WriteAllText(_passwordFile, Engine.Password + "\n");
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _http.BaseAddress = new Uri($"http://{free.LocalEndpoint}");
        }

        var start = new ProcessStartInfo("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "..", "..", "Monitor.Aggregator", "release", "monitor-aggregator.dll"),
            "--http", _http.BaseAddress.Authority, "--grpc", "127.0.0.1:0",
            "--clickhouse", engine.Options.Server.ToString(), "--clickhouse-password-file", _passwordFile,
            .. agents.SelectMany(agent => new[] { "--agent", agent }), .. arguments,
        ])
        {
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_error)
            {
                _error.Add(line.Data ?? "");
            }
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>What it wrote to standard error.</summary>
    public string Error
    {
        get
        {
            lock (_error)
            {
                return string.Join('\n', _error);
            }
        }
    }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(new Uri(path, UriKind.Relative));

    public async Task<JsonDocument> JsonAsync(string path) => JsonDocument.Parse(await GetAsync(path));

    /// <summary>Reads a stream until it has had so many events.</summary>
    /// <returns>The messages: the ids of the events, and the resume token.</returns>
    public async Task<List<(List<string> Ids, string Token)>> StreamAsync(string path, int events)
    {
        var messages = new List<(List<string> Ids, string Token)>();
        using var reader = new StreamReader(await _http.GetStreamAsync(new Uri(path, UriKind.Relative)));
        while (messages.Sum(message => message.Ids.Count) < events && await reader.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            using var message = JsonDocument.Parse(line);
            var ids = message.RootElement.TryGetProperty("events", out var list)
                ? list.EnumerateArray().Select(made => made.GetProperty("id").GetString()!).ToList() : [];
            messages.Add((ids, message.RootElement.GetProperty("resume_token").GetString()!));
        }

        return messages;
    }

    /// <summary>Waits until it listens.</summary>
    public Task StartedAsync() => Waiting.ForAsync("the aggregator to listen", async () =>
    {
        try
        {
            await _http.GetAsync(new Uri("/health", UriKind.Relative));
            return true;
        }
        catch (HttpRequestException)
        {
            return _process.HasExited ? throw new AssertionException(Error) : false;
        }
    });

    /// <summary>The archive's part of /health: its status and its message.</summary>
    public async Task<(string Status, string Message)> HealthAsync()
    {
        using var answer = await _http.GetAsync(new Uri("/health", UriKind.Relative));
        using var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var part = health.RootElement.GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("name").GetString() == "clickhouse");
        return (part.GetProperty("status").GetString()!, part.GetProperty("message").GetString()!);
    }

    /// <summary>A number of /metrics.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var line = (await GetAsync("/metrics")).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        File.Delete(_passwordFile);
    }
}
