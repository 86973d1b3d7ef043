using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Monitor.Events;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Monitor.Server;

/// <summary>
/// Sends the metrics to a collector of OpenTelemetry where the standard variables name one. The same metrics under the same names;
/// a histogram is three counters (_bucket with the label le, _count and _sum), since System.Diagnostics.Metrics can only
/// record durations one by one, which takes longer than all else that is done for an event.
/// </summary>
internal sealed class OtlpExport(StateReader state, NetworkCounts network, RequestMeter requests, MonitorServerOptions options) : BackgroundService
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "NetworkMonitor";

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _declared = [];
    private StateSnapshot? _snapshot;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var meter = new Meter(MeterName, options.Version);
        foreach (var metric in StateMetrics.All)
        {
            Declare(meter, metric);
        }

        network.Read(families => Declare(meter, families, network.Read));
        requests.Read(families => Declare(meter, families, requests.Read));
        await RefreshAsync(meter, stoppingToken);
        using var provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(Describe)
            .AddMeter(MeterName, "System.Runtime")
            .AddOtlpExporter()
            .Build();
        using var timer = new PeriodicTimer(RefreshInterval, options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RefreshAsync(meter, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A collector that does not answer must not delay the stop.
            provider.Shutdown((int)options.StopGrace.TotalMilliseconds);
        }
    }

    private async Task RefreshAsync(Meter meter, CancellationToken cancellationToken)
    {
        var snapshot = await state.ReadAsync(cancellationToken);
        _snapshot = snapshot;
        foreach (var own in OwnMetrics.Of(snapshot).Where(metric => _declared.Add(metric.Name)))
        {
            // Those of the snapshot then, of all monitors that have a metric of that name.
            meter.CreateObservableCounter(
                own.Name,
                () => _snapshot is not { } now ? [] : OwnMetrics.Of(now)
                    .Where(metric => metric.Name == own.Name)
                    .SelectMany(metric => metric.ReadBounded(now, options.Metrics.MaxSeries)
                        .Select(sample => new Measurement<double>(sample.Value, Tags(metric.Labels, sample.Labels)))),
                description: own.Help);
        }
    }

    private void Describe(ResourceBuilder resource)
    {
        // What the user says in OTEL_SERVICE_NAME stands.
        if (Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is null or "")
        {
            resource.AddService(
                $"monitor-{options.Component}",
                serviceVersion: options.Version,
                autoGenerateServiceInstanceId: options.NodeName.Length == 0,
                serviceInstanceId: options.NodeName.Length == 0 ? null : options.NodeName);
        }
    }

    private void Declare(Meter meter, StateMetric metric)
    {
        IEnumerable<Measurement<double>> Observe() =>
            _snapshot is not { } snapshot ? [] : metric.ReadBounded(snapshot, options.Metrics.MaxSeries)
                .Select(sample => new Measurement<double>(sample.Value, Tags(metric.Labels, sample.Labels)));
        if (metric.Kind == MetricKind.Counter)
        {
            meter.CreateObservableCounter(metric.Name, Observe, description: metric.Help);
        }
        else
        {
            meter.CreateObservableGauge(metric.Name, Observe, description: metric.Help);
        }
    }

    private void Declare(Meter meter, IReadOnlyList<SeriesFamily> families, Action<Action<IReadOnlyList<SeriesFamily>>> read)
    {
        foreach (var name in families.Select(family => family.Name).Where(_declared.Add))
        {
            var family = families.Single(family => family.Name == name);
            if (!family.IsHistogram)
            {
                meter.CreateObservableCounter(name, () => Observe(read, name, (_, series) => [Measure(family, series, series.Value)]), description: family.Help);
                continue;
            }

            meter.CreateObservableCounter(name + "_count", () => Observe(read, name, (_, series) => [Measure(family, series, series.BucketCounts.Sum())]), description: family.Help);
            meter.CreateObservableCounter(name + "_sum", () => Observe(read, name, (_, series) => [Measure(family, series, series.BucketNanos.Sum() / 1e9)]), description: family.Help);
            meter.CreateObservableCounter(name + "_bucket", () => Observe(read, name, Buckets), description: family.Help);
        }
    }

    private static List<Measurement<double>> Observe(
        Action<Action<IReadOnlyList<SeriesFamily>>> read, string name, Func<SeriesFamily, Series, IEnumerable<Measurement<double>>> measure)
    {
        var measurements = new List<Measurement<double>>();
        read(families =>
        {
            var family = families.Single(family => family.Name == name);
            measurements.AddRange(family.Series.SelectMany(series => measure(family, series)));
        });
        return measurements;
    }

    private static IEnumerable<Measurement<double>> Buckets(SeriesFamily family, Series series)
    {
        var sum = 0L;
        for (var bucket = 0; bucket < series.BucketCounts.Length; bucket++)
        {
            sum += series.BucketCounts[bucket];
            var bound = bucket < family.BoundsNanos.Count ? (family.BoundsNanos[bucket] / 1e9).ToString(CultureInfo.InvariantCulture) : "+Inf";
            yield return new Measurement<double>(sum, [.. Tags(family.LabelNames, series.Labels), new("le", bound)]);
        }
    }

    private static Measurement<double> Measure(SeriesFamily family, Series series, double value) => new(value, Tags(family.LabelNames, series.Labels));

    private static KeyValuePair<string, object?>[] Tags(IReadOnlyList<string> names, IReadOnlyList<string> values)
    {
        var tags = new KeyValuePair<string, object?>[names.Count];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = new(names[i], values[i]);
        }

        return tags;
    }
}
