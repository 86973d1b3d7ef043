using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Monitor.ClickHouse.Tests;

/// <summary>A real engine as a process of the test's own, on a port of loopback and in a folder of its own.</summary>
internal abstract class Engine : IAsyncDisposable
{
    public const string User = "monitor";
    public const string Password = "s3cret' \\";
    public const string Database = "monitor";

    private readonly HttpClient _http;
    private readonly string _scheme;
    private Process? _process;

    protected Engine(string scheme = "http")
    {
        _scheme = scheme;
        // Whose certificate it is, tests of the aggregator ask.
        _http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Port = ((IPEndPoint)free.LocalEndpoint).Port;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
    }

    public int Port { get; }

    protected string Folder { get; } = Directory.CreateTempSubdirectory("monitor-clickhouse-").FullName;

    public abstract ServerDialect Dialect { get; }

    public ArchiveOptions Options => OptionsWith(Password);

    public ArchiveOptions OptionsWith(string password, X509Certificate2Collection? authorities = null) => new()
    {
        Server = ArchiveUrl.TryParse(string.Create(CultureInfo.InvariantCulture, $"{_scheme}://{User}@127.0.0.1:{Port}/{Database}"), out var url)
            ? url : throw new InvalidOperationException("not a URL"),
        Password = password,
        Authorities = authorities,
        BatchDelay = TimeSpan.FromMilliseconds(20),
        FirstBackoff = TimeSpan.FromMilliseconds(20),
        LongestBackoff = TimeSpan.FromMilliseconds(200),
        Timeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>Starts it, with what it had stored.</summary>
    public async Task StartAsync()
    {
        var start = StartInfo();
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        // Drained: it must not wait for a full pipe.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Waiting.ForAsync("the engine to answer", async () =>
        {
            try
            {
                return await _http.GetStringAsync(Address("ping")) == "Ok.\n";
            }
            catch (HttpRequestException)
            {
                return _process.HasExited ? throw new AssertionException("the engine has ended") : false;
            }
        });
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Asks it, without the driver.</summary>
    public async Task<string> AskAsync(string query)
    {
        using var answer = await _http.PostAsync(Address($"?database={DatabaseOf(query)}"), new StringContent(query));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text.TrimEnd('\n') : throw new AssertionException($"{query}: {text}");
    }

    /// <summary>Asks for a number.</summary>
    public async Task<long> CountAsync(string query) => long.Parse(await AskAsync(query), CultureInfo.InvariantCulture);

    /// <summary>Empties the tables, or makes them.</summary>
    public async Task CreateTablesAsync()
    {
        await AskAsync($"DROP DATABASE IF EXISTS {Database}");
        await AskAsync($"CREATE DATABASE {Database}");
        foreach (var statement in Tables())
        {
            await AskAsync(statement);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            Kill();
        }

        _http.Dispose();
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    protected abstract ProcessStartInfo StartInfo();

    protected abstract IEnumerable<string> Tables();

    // Before there is a database.
    private static string DatabaseOf(string query) => query.Contains(" DATABASE ", StringComparison.Ordinal) ? "default" : Database;

    private string Address(string path) => string.Create(CultureInfo.InvariantCulture, $"{_scheme}://127.0.0.1:{Port}/{path}");
}
