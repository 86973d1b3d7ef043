using Prometheus;

namespace Monitor.Server;

/// <summary>Hands a <see cref="StateMetric"/> to Prometheus. One thread at a time.</summary>
internal sealed class StatePublisher
{
    private readonly StateMetric _metric;
    private readonly Counter? _counter;
    private readonly Gauge? _gauge;
    private Dictionary<string, string[]> _before = [];

    public StatePublisher(StateMetric metric, IMetricFactory factory)
    {
        _metric = metric;
        if (metric.Kind == MetricKind.Counter)
        {
            _counter = factory.CreateCounter(metric.Name, metric.Help, metric.Labels, new CounterConfiguration { SuppressInitialValue = true });
        }
        else
        {
            _gauge = factory.CreateGauge(metric.Name, metric.Help, metric.Labels, new GaugeConfiguration { SuppressInitialValue = true });
        }
    }

    /// <summary>Publishes these numbers, and no others.</summary>
    public void Publish(IEnumerable<Sample> samples)
    {
        var now = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var sample in samples)
        {
            now[sample.Key] = sample.Labels;
            Set(sample);
        }

        // A node that left, a state that is over.
        foreach (var (key, labels) in _before)
        {
            if (!now.ContainsKey(key))
            {
                Remove(labels);
            }
        }

        _before = now;
    }

    private void Set(Sample sample)
    {
        if (_gauge is not null)
        {
            _gauge.WithLabels(sample.Labels).Set(sample.Value);
            return;
        }

        var child = _counter!.WithLabels(sample.Labels);
        if (sample.Value < child.Value)
        {
            // Counts began again, with the agent that counts.
            Remove(sample.Labels);
            child = _counter.WithLabels(sample.Labels);
        }

        child.IncTo(sample.Value);
        child.Publish();
    }

    private void Remove(string[] labels)
    {
        if (_metric.Labels.Length == 0)
        {
            _gauge?.Unpublish();
            _counter?.Unpublish();
            return;
        }

        _gauge?.RemoveLabelled(labels);
        _counter?.RemoveLabelled(labels);
    }
}
