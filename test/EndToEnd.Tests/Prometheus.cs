using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary>Debian's Prometheus, which scrapes each target every second; ended and removed with the test.</summary>
internal sealed class Prometheus : IDisposable
{
    private readonly HttpClient _http;
    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private Prometheus(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        _http = PatientHttp.Client();
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
    }

    /// <summary>Starts it.</summary>
    /// <param name="targets">Names of jobs, and what each scrapes.</param>
    public static Prometheus Start(params (string Job, string Target)[] targets)
    {
        var folder = Directory.CreateTempSubdirectory("prometheus");
        var configuration = Path.Combine(folder.FullName, "prometheus.yml");
        File.WriteAllText(configuration, JsonSerializer.Serialize(new
        {
            global = new { scrape_interval = "1s" },
            scrape_configs = targets.Select(target => new
            {
                job_name = target.Job,
                static_configs = new[] { new { targets = new[] { target.Target } } },
            }),
        }));
        var port = FreePort();
        try
        {
            var process = Process.Start(new ProcessStartInfo(
                "prometheus",
                [$"--config.file={configuration}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}"])
            {
                RedirectStandardError = true,
            })!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            return new Prometheus(process, folder, port);
        }
        catch (Win32Exception)
        {
            folder.Delete(recursive: true);
            throw new AssertionException("there is no prometheus to test with: apt-get install prometheus, as ./build.sh test does");
        }
    }

    /// <summary>Whether a query is answered with a number now.</summary>
    public async Task<bool> HasDataAsync(string query)
    {
        try
        {
            using var answer = JsonDocument.Parse(await _http.GetStringAsync(
                new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative)));
            return answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
                .Any(series => double.IsFinite(double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)));
        }
        catch (HttpRequestException refused) when (refused.StatusCode is null or HttpStatusCode.ServiceUnavailable)
        {
            // It is not up yet.
            return false;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
