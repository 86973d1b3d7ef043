using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>Looks at the counters once a second and keeps the last samples, for rates over ten seconds.</summary>
internal sealed class RateSampler(
    EventLog log,
    IProgramDirectory programs,
    TimeProvider time,
    ILogger<RateSampler> logger) : BackgroundService
{
    // Ten intervals need eleven samples.
    private const int Samples = 11;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<Sample> _samples = new(Samples);
    private bool _failing;

    /// <summary>Events stored per second, all programs together. 0 until there are two samples.</summary>
    public double TotalRate => Rate(static (sample, _) => sample.Total, default);

    /// <summary>Events of one program stored per second.</summary>
    public double RateOf(string nodeName, string program) =>
        Rate(static (sample, key) => sample.Programs.GetValueOrDefault(key), (nodeName, program));

    /// <summary>Takes one sample.</summary>
    internal async Task SampleAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<(string Node, string Program), ulong>();
        foreach (var program in await programs.GetProgramsAsync(cancellationToken))
        {
            if (program.Counters is { } counters)
            {
                counts[(program.NodeName, program.Name)] = counters.Stored;
            }
        }

        var sample = new Sample(time.GetTimestamp(), (ulong)log.GetStatistics().Appended, counts);
        lock (_lock)
        {
            if (_samples.Count == Samples)
            {
                _samples.Dequeue();
            }

            _samples.Enqueue(sample);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TrySampleAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    // A source that fails once must not end the rates for good; it is logged once and not each second.
    private async Task TrySampleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SampleAsync(cancellationToken);
            _failing = false;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_failing)
            {
                StatusLog.SampleFailed(logger, failure);
            }

            _failing = true;
        }
    }

    private double Rate(Func<Sample, (string, string), ulong> count, (string, string) key)
    {
        Sample first, last;
        lock (_lock)
        {
            if (_samples.Count < 2)
            {
                return 0;
            }

            first = _samples.Peek();
            last = _samples.Last();
        }

        var seconds = time.GetElapsedTime(first.Timestamp, last.Timestamp).TotalSeconds;
        var (before, after) = (count(first, key), count(last, key));
        // A counter that went back belongs to a program that was started anew.
        return seconds <= 0 || after < before ? 0 : (after - before) / seconds;
    }

    private sealed record Sample(
        long Timestamp,
        ulong Total,
        IReadOnlyDictionary<(string Node, string Program), ulong> Programs);
}
