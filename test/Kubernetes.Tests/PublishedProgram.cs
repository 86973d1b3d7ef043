using System.Diagnostics;
using System.Text;

namespace Kubernetes.Tests;

/// <summary>The published agent or aggregator on this machine, outside the cluster. Ended with the test.</summary>
internal sealed class PublishedProgram : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private volatile string? _url;

    /// <param name="name">agent or aggregator.</param>
    /// <param name="arguments">Besides the ports, which are free ones.</param>
    public PublishedProgram(string name, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(
            Path.Combine(Shell.Repository, "artifacts", "bin", $"monitor-{name}"),
            ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", .. arguments])
        {
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, line) => Take(line.Data ?? "");
        _process.BeginErrorReadLine();
    }

    /// <summary>Its log, and what /health says once it listens.</summary>
    public async Task<string> ReportAsync()
    {
        if (_process.HasExited)
        {
            throw new AssertionException($"it ended:\n{_log}");
        }

        var health = _url is { } url ? await Http.GetStringAsync(new Uri($"{url}/health")) : "";
        lock (_log)
        {
            return _log + health;
        }
    }

    /// <summary>How it answers a reader with a token; empty before it listens.</summary>
    public async Task<string> StatusAsync(string path, string token)
    {
        if (_url is not { } url)
        {
            return "";
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url + path));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await Http.SendAsync(request);
        return response.StatusCode.ToString();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Take(string line)
    {
        const string Rest = "REST on ";
        if (line.StartsWith(Rest, StringComparison.Ordinal))
        {
            _url = line[Rest.Length..].Split(' ')[0];
        }

        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
