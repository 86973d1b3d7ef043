using System.Diagnostics;
using Grpc.Net.Client;
using Monitor.Agent.Monitors;
using Monitor.Benchmarks.Subscribing;
using Monitor.V1;

namespace Monitor.Benchmarks.Machine;

/// <summary>The agent as users run it: a process of its own, on free ports, with default settings but for those given.</summary>
internal sealed class AgentProcess : IDisposable
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    private readonly GrpcChannel _channel;

    private AgentProcess(ChildProcess process, string httpUrl, string grpcTarget, Certificates? certificates)
    {
        Process = process;
        HttpUrl = new Uri(httpUrl);
        GrpcTarget = grpcTarget;
        _channel = Channels.To(grpcTarget, certificates?.Files("aggregator"));
    }

    public ChildProcess Process { get; }

    /// <summary>Where it serves REST.</summary>
    public Uri HttpUrl { get; }

    /// <summary>Where it serves gRPC.</summary>
    public string GrpcTarget { get; }

    public EventService.EventServiceClient Events => new(_channel);

    public StatusService.StatusServiceClient Status => new(_channel);

    /// <summary>Starts it and waits until it says that it is healthy.</summary>
    /// <param name="cpu">The CPU that it must stay on; null for any.</param>
    /// <param name="options">Options besides the ports.</param>
    public static Task<AgentProcess> StartAsync(int? cpu = Cpus.Consumer, params string[] options) => StartAsync(cpu, null, options);

    /// <summary>The same with TLS.</summary>
    public static Task<AgentProcess> StartAsync(Certificates certificates) =>
        StartAsync(Cpus.Consumer, certificates, certificates.Options("agent"));

    private static async Task<AgentProcess> StartAsync(int? cpu, Certificates? certificates, string[] options)
    {
        string[] arguments = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", .. options];
        var process = ChildProcess.Start(cpu, Artifacts.Agent, arguments);
        try
        {
            var (http, grpc) = await StartLines.ReadAsync(process);
            var agent = new AgentProcess(process, http, grpc, certificates);
            var health = await agent.Status.GetHealthAsync(new GetHealthRequest());
            return health.Status == "unhealthy" ? throw new BenchmarkException($"the agent is not healthy: {health}") : agent;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Ends it as an operator would; throws where that does not go well.</summary>
    public async Task StopAsync()
    {
        Process.Terminate();
        await Process.EndAsync();
    }

    public Task<GetStatsResponse> GetStatsAsync() =>
        Status.GetStatsAsync(new GetStatsRequest()).ResponseAsync;

    /// <summary>Waits until everything that the kernel produced is accounted for, and every subscriber has been sent it.</summary>
    public async Task<GetStatsResponse> DrainAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var stats = await GetStatsAsync();
            if (stats.Types_.All(type => type.Counters.InFlight == 0) && stats.Subscribers.All(subscriber => subscriber.Ahead == 0))
            {
                return stats;
            }

            if (Stopwatch.GetElapsedTime(start) > DrainPatience)
            {
                throw new BenchmarkException($"the agent does not come to rest: {stats}");
            }

            await Task.Delay(PollInterval);
        }
    }

    /// <summary>Names of the BPF programs that it has attached for a monitor.</summary>
    public async Task<IReadOnlyList<string>> AttachedProgramsAsync(MonitorDefinition monitor)
    {
        // In the same order.
        var hooks = (await ProgramAsync(monitor.Name))!.Hooks;
        return [.. monitor.Hooks.Zip(hooks).Where(pair => pair.Second.Status == "active").Select(pair => pair.First.Program)];
    }

    /// <summary>A program as it is now; null where there is none of that name.</summary>
    public async Task<V1.Program?> ProgramAsync(string name)
    {
        var response = await new ProgramService.ProgramServiceClient(_channel).ListProgramsAsync(new ListProgramsRequest());
        return response.Programs.SingleOrDefault(program => program.Name == name);
    }

    public void Dispose()
    {
        _channel.Dispose();
        Process.Dispose();
    }
}
