using System.Diagnostics;
using System.Globalization;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Measures;

/// <summary>
/// An answer of <c>/metrics</c>: of an aggregator with more nodes than a metric has series, while events come in.
/// </summary>
internal sealed class Scrape : Measure
{
    private const int Agents = 400;
    private const int Rate = 20;
    private const int AgentMebibytes = 1;
    private const int WarmUps = 20;
    private const int Scrapes = 51;

    public override string Name => "scrape";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var simulator = await SimulatorProcess.StartAsync(Agents, AgentMebibytes);
        using var aggregator = await AggregatorProcess.StartAsync("256MiB");
        await aggregator.ReachAsync(simulator.Targets);
        await simulator.ProduceAtAsync(Rate);
        using var http = new HttpClient { BaseAddress = aggregator.HttpUrl };
        var times = new List<double>();
        var text = "";
        for (var i = 0; i < WarmUps + Scrapes; i++)
        {
            // Some counts change from one to the next.
            await Task.Delay(100);
            var start = Stopwatch.GetTimestamp();
            text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            if (i >= WarmUps)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        await aggregator.StopAsync();
        times.Sort();
        var series = text.Split('\n').Count(line => line.Length > 0 && line[0] != '#');
        return
        [
            new Figure("scrape of /metrics: median", times[times.Count / 2], 50, "ms", string.Create(CultureInfo.InvariantCulture, $"p90 {times[(int)(times.Count * 0.9)]:0} ms")),
            new Figure("scrape of /metrics: size", text.Length / 1e6, 1, "MB", $"{series} series of {Agents} nodes"),
        ];
    }
}
