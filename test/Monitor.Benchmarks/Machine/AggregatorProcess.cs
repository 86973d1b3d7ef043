using System.Diagnostics;
using Grpc.Net.Client;
using Monitor.Benchmarks.Subscribing;
using Monitor.V1;

namespace Monitor.Benchmarks.Machine;

using Agent = Monitor.V1.Agent;

/// <summary>The aggregator as users run it: a process of its own, on free ports, told of its agents by a file.</summary>
internal sealed class AggregatorProcess : IDisposable
{
    // A thousand links are made within a few seconds; on a machine that does other things too, within more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly string _agentsFile;
    private readonly GrpcChannel _channel;

    private AggregatorProcess(ChildProcess process, string agentsFile, string httpUrl, string grpcTarget, Certificates? certificates)
    {
        Process = process;
        HttpUrl = new Uri(httpUrl);
        _agentsFile = agentsFile;
        _channel = Channels.To(grpcTarget, certificates?.Files("aggregator"));
    }

    public ChildProcess Process { get; }

    /// <summary>Where REST is.</summary>
    public Uri HttpUrl { get; }

    public EventService.EventServiceClient Events => new(_channel);

    private StatusService.StatusServiceClient Status => new(_channel);

    /// <summary>Starts it; there are no links yet.</summary>
    /// <param name="retention">Bound of its log.</param>
    /// <param name="certificates">For TLS; null: clear text.</param>
    public static async Task<AggregatorProcess> StartAsync(string retention, Certificates? certificates = null)
    {
        var file = Path.GetTempFileName();
        var process = ChildProcess.Start(
            null,
            Artifacts.Aggregator,
            [
                "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--retention", retention, "--agents-file", file,
                .. certificates?.Options("aggregator") ?? [],
            ]);
        try
        {
            var (http, grpc) = await StartLines.ReadAsync(process);
            return new AggregatorProcess(process, file, http, grpc, certificates);
        }
        catch
        {
            process.Dispose();
            File.Delete(file);
            throw;
        }
    }

    /// <summary>Tells it of agents and waits until it streams from all of them.</summary>
    public async Task ReachAsync(IReadOnlyList<string> targets)
    {
        // Moved into its place, so that it is never read in part.
        await File.WriteAllLinesAsync(_agentsFile + ".new", targets);
        File.Move(_agentsFile + ".new", _agentsFile, overwrite: true);
        await WaitAsync(
            async () => (await GetStatsAsync()).Agents.Streaming == targets.Count,
            () => $"the aggregator does not reach all of {targets.Count} agents");
    }

    /// <summary>Waits until everything that agents produced came in or is known to be missing.</summary>
    public Task DrainAsync(long produced)
    {
        var accounted = 0L;
        return WaitAsync(
            async () =>
            {
                accounted = (await GetAgentsAsync()).Sum(agent => (long)(agent.Events + agent.Missed));
                return accounted >= produced;
            },
            () => $"the aggregator knows of {accounted} of {produced} events");
    }

    public Task<GetStatsResponse> GetStatsAsync() => Status.GetStatsAsync(new GetStatsRequest()).ResponseAsync;

    public async Task<IReadOnlyList<Agent>> GetAgentsAsync() =>
        (await Status.ListAgentsAsync(new ListAgentsRequest())).Agents;

    /// <summary>Ends it as an operator would; throws where that does not go well.</summary>
    public async Task StopAsync()
    {
        Process.Terminate();
        await Process.EndAsync();
    }

    public void Dispose()
    {
        _channel.Dispose();
        Process.Dispose();
        File.Delete(_agentsFile);
    }

    private static async Task WaitAsync(Func<Task<bool>> condition, Func<string> failure)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new BenchmarkException(failure());
            }

            await Task.Delay(PollInterval);
        }
    }
}
