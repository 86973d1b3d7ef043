using System.Diagnostics;
using Monitor.Benchmarks.Machine;
using Monitor.V1;

namespace Monitor.Benchmarks.Measures;

/// <summary>REST of an agent with a full log: how many lists a core answers, and what JSON costs beside gRPC.</summary>
internal sealed class Rest : Measure
{
    private const int Clients = 4;
    private const int WarmUps = 2_000;
    private const int Requests = 8_000;
    private const int UnaryCalls = 4_000;
    private const long Connects = 500_000;

    public override string Name => "rest";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        // The clients stay off the agent's CPU.
        using var self = Process.GetCurrentProcess();
        var affinity = self.ProcessorAffinity;
        self.ProcessorAffinity = 1 << Cpus.Storm;
        try
        {
            using var agent = await AgentProcess.StartAsync();
            await Storm.ConnectAsync(Connects);
            await agent.DrainAsync();
            using var http = new HttpClient { BaseAddress = agent.HttpUrl };
            var lists = await ListsAsync(agent, http);
            var unary = await UnaryAsync(agent, http);
            var streamed = await StreamedAsync(agent, http);
            await agent.StopAsync();
            return [.. lists, unary, streamed];
        }
        finally
        {
            self.ProcessorAffinity = affinity;
        }
    }

    private static async Task<Figure[]> ListsAsync(AgentProcess agent, HttpClient http)
    {
        await GetAsync(http, WarmUps, []);
        var latencies = new List<double>();
        var cpu = agent.Process.CpuTime;
        var start = Stopwatch.GetTimestamp();
        await GetAsync(http, Requests, latencies);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var perRequest = (agent.Process.CpuTime - cpu).TotalMilliseconds / Requests;
        latencies.Sort();
        return
        [
            new Figure(
                "GET of 100 events over a full log: time of a core (0.6 ms are 1700 a second)",
                perRequest,
                0.6,
                "ms",
                $"{1000 / perRequest:0} a second and core; {Requests / elapsed.TotalSeconds:0} a second with {Clients} clients on one other"),
            new Figure("GET of 100 events over a full log: p99", latencies[(int)(latencies.Count * 0.99)], 10, "ms"),
        ];
    }

    private static async Task GetAsync(HttpClient http, int requests, List<double> latencies) =>
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (var i = 0; i < requests / Clients; i++)
            {
                var start = Stopwatch.GetTimestamp();
                using var response = await http.GetAsync(new Uri("/api/events?limit=100", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
                await response.Content.CopyToAsync(Stream.Null);
                lock (latencies)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
            }
        }));

    // The same call both ways, in turn.
    private static async Task<Figure> UnaryAsync(AgentProcess agent, HttpClient http)
    {
        var added = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var grpc = await CpuOfAsync(agent, async () => await agent.Status.GetHealthAsync(new GetHealthRequest()));
            var rest = await CpuOfAsync(agent, async () => await http.GetByteArrayAsync(new Uri("/health", UriKind.Relative)));
            added.Add(rest - grpc);
        }

        return new Figure("transcoding: CPU added to a unary call", Median(added), 50, "µs");
    }

    private static async Task<double> CpuOfAsync(AgentProcess agent, Func<Task> call)
    {
        var cpu = agent.Process.CpuTime;
        for (var i = 0; i < UnaryCalls; i++)
        {
            await call();
        }

        return (agent.Process.CpuTime - cpu).TotalMicroseconds / UnaryCalls;
    }

    private static async Task<Figure> StreamedAsync(AgentProcess agent, HttpClient http)
    {
        using var stopping = new CancellationTokenSource();
        await using var stream = await http.GetStreamAsync(new Uri("/api/events/stream", UriKind.Relative));
        var reading = ReadAsync(stream, stopping.Token);
        var before = await agent.DrainAsync();
        var cpu = agent.Process.CpuTime;
        await Storm.ConnectAsync(Connects);
        var after = await agent.DrainAsync();
        var perEvent = (agent.Process.CpuTime - cpu).TotalMicroseconds / (after.TotalEvents - before.TotalEvents);
        var delivered = after.Subscribers.Single().Delivered - before.Subscribers.Single().Delivered;
        await stopping.CancelAsync();
        await reading;
        return new Figure(
            "agent CPU per event with one REST stream of everything", perEvent, 10, "µs", $"{delivered} of {after.TotalEvents - before.TotalEvents} events delivered");
    }

    private static async Task ReadAsync(Stream stream, CancellationToken stopping)
    {
        var buffer = new byte[256 << 10];
        try
        {
            while (await stream.ReadAsync(buffer, stopping) > 0)
            {
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
