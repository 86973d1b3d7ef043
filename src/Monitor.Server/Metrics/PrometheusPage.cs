using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Events;
using Prometheus;

namespace Monitor.Server;

/// <summary>
/// <c>/metrics</c>: Prometheus' text format, or OpenMetrics for who asks for it. Made for each request; one at a time, the others
/// wait.
/// </summary>
internal sealed class PrometheusPage : IDisposable
{
    public const string Path = "/metrics";

    private const string OpenMetrics = "application/openmetrics-text";

    private readonly StateReader _state;
    private readonly NetworkCounts _network;
    private readonly RequestMeter _requests;
    private readonly int _maxSeries;
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly List<(StateMetric Metric, StatePublisher Publisher)> _published = [];
    private readonly Dictionary<(string Name, string Labels), StatePublisher> _own = [];
    private readonly Dictionary<string, SeriesPublisher> _families = [];
    private readonly SemaphoreSlim _one = new(1);
    private readonly MetricFactory _factory;

    public PrometheusPage(StateReader state, NetworkCounts network, RequestMeter requests, MonitorServerOptions options)
    {
        _state = state;
        _network = network;
        _requests = requests;
        _maxSeries = options.Metrics.MaxSeries;
        _factory = Metrics.WithCustomRegistry(_registry);
        // By default the trace of this scrape, which has nothing to do with what was counted.
        _factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _published.AddRange(StateMetrics.All.Select(metric => (metric, new StatePublisher(metric, _factory))));
        DotNetStats.Register(_registry);
    }

    public async Task WriteAsync(HttpContext context)
    {
        var isOpenMetrics = context.Request.Headers.Accept.Any(accept => accept?.Contains(OpenMetrics, StringComparison.Ordinal) == true);
        var format = isOpenMetrics ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText;
        using var body = new MemoryStream();
        await _one.WaitAsync(context.RequestAborted);
        try
        {
            var snapshot = await _state.ReadAsync(context.RequestAborted);
            foreach (var (metric, publisher) in _published)
            {
                publisher.Publish(metric.ReadBounded(snapshot, _maxSeries));
            }

            PublishOwn(snapshot);
            _network.Read(Publish);
            _requests.Read(Publish);
            await _registry.CollectAndExportAsTextAsync(body, format, context.RequestAborted);
        }
        finally
        {
            _one.Release();
        }

        context.Response.ContentType = isOpenMetrics
            ? OpenMetrics + "; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
    }

    public void Dispose() => _one.Dispose();

    // They come and go with the monitors.
    private void PublishOwn(StateSnapshot snapshot)
    {
        var now = OwnMetrics.Of(snapshot).ToDictionary(metric => (metric.Name, Labels: string.Join(',', metric.Labels)));
        foreach (var (key, metric) in now)
        {
            if (!_own.ContainsKey(key))
            {
                _own.Add(key, new StatePublisher(metric, _factory));
            }
        }

        foreach (var (key, publisher) in _own)
        {
            publisher.Publish(now.TryGetValue(key, out var metric) ? metric.ReadBounded(snapshot, _maxSeries) : []);
        }
    }

    private void Publish(IReadOnlyList<SeriesFamily> families)
    {
        foreach (var family in families)
        {
            if (!_families.TryGetValue(family.Name, out var publisher))
            {
                _families.Add(family.Name, publisher = new SeriesPublisher(family, _factory));
            }

            publisher.Publish(family);
        }
    }
}

internal static class PrometheusRoute
{
    /// <summary>Serves <c>/metrics</c>.</summary>
    public static void MapMetricsPage(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPage(
            PrometheusPage.Path,
            context => context.RequestServices.GetRequiredService<PrometheusPage>().WriteAsync(context));
}
