using System.Globalization;

namespace Monitor.Benchmarks.Machine;

/// <summary>What a watched machine has to do: nginx and iperf3 as servers in one network namespace, their clients in another.</summary>
internal sealed class Workload : IDisposable
{
    private const int Seconds = 4;
    private const string Port = "8080";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(Seconds + 20);

    private readonly LinkedNamespaces _namespaces = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-nginx-").FullName;
    private readonly List<ChildProcess> _servers = [];

    private Workload()
    {
    }

    /// <summary>Starts the servers.</summary>
    /// <exception cref="BenchmarkException">One does not start.</exception>
    public static async Task<Workload> StartAsync()
    {
        var workload = new Workload();
        try
        {
            await workload.StartServersAsync();
            return workload;
        }
        catch
        {
            workload.Dispose();
            throw;
        }
    }

    /// <summary>HTTP requests per second, by wrk with 16 connections.</summary>
    /// <param name="keepAlive">Whether connections are used again; else each request has one of its own.</param>
    /// <exception cref="BenchmarkException">A request failed.</exception>
    public async Task<double> RequestsAsync(bool keepAlive)
    {
        string[] header = keepAlive ? [] : ["-H", "Connection: close"];
        using var wrk = LinkedNamespaces.Start(
            _namespaces.Client,
            ["wrk", "-t", "1", "-c", "16", "-d", Text(Seconds), .. header, $"http://{LinkedNamespaces.ServerAddress}:{Port}/"]);
        var errors = "";
        var line = await wrk.WaitForLineAsync(
            line =>
            {
                errors += line.Contains("Socket errors", StringComparison.Ordinal) || line.Contains("Non-2xx", StringComparison.Ordinal) ? line : "";
                return line.StartsWith("Requests/sec:", StringComparison.Ordinal);
            },
            Patience);
        await wrk.EndAsync();
        return errors.Length == 0
            ? double.Parse(line.Split(':')[1], CultureInfo.InvariantCulture)
            : throw new BenchmarkException($"requests of the workload failed: {errors.Trim()}");
    }

    /// <summary>Bits per second of one TCP connection that carries as much as it can, by iperf3.</summary>
    public async Task<double> ThroughputAsync()
    {
        using var iperf = LinkedNamespaces.Start(
            _namespaces.Client, "iperf3", "-c", LinkedNamespaces.ServerAddress, "-t", Text(Seconds), "-f", "m");

        // "[  5]   0.00-4.00   sec  4.32 GBytes  9268 Mbits/sec                  receiver"
        var line = await iperf.WaitForLineAsync(line => line.EndsWith("receiver", StringComparison.Ordinal), Patience);
        await iperf.EndAsync();
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return double.Parse(words[Array.IndexOf(words, "Mbits/sec") - 1], CultureInfo.InvariantCulture) * 1e6;
    }

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        _namespaces.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartServersAsync()
    {
        var configuration = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            daemon off;
            master_process off;
            pid {{_folder}}/pid;
            error_log stderr notice;
            events { worker_connections 1024; }
            http {
              access_log off;
              keepalive_requests 100000000;
              client_body_temp_path {{_folder}};
              proxy_temp_path {{_folder}};
              fastcgi_temp_path {{_folder}};
              uwsgi_temp_path {{_folder}};
              scgi_temp_path {{_folder}};
              server { listen {{LinkedNamespaces.ServerAddress}}:{{Port}}; location / { return 200 "hello\n"; } }
            }
            """);
        var nginx = LinkedNamespaces.Start(_namespaces.Server, "nginx", "-c", configuration);
        _servers.Add(nginx);

        // The last that it says before it serves.
        await nginx.WaitForLineAsync(line => line.Contains("getrlimit", StringComparison.Ordinal));
        var iperf = LinkedNamespaces.Start(_namespaces.Server, "iperf3", "-s", "--forceflush");
        _servers.Add(iperf);
        await iperf.WaitForLineAsync(line => line.StartsWith("Server listening", StringComparison.Ordinal));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
