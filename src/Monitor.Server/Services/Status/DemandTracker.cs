using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>
/// Knows which programs' events are asked for, by streams that are open and by requests, and tells the programs. What was
/// asked for stays so for a while: attaching and detaching with every client that comes and goes would cost more than it saves.
/// </summary>
internal sealed class DemandTracker(
    IProgramDirectory programs, Subscribers subscribers, TimeProvider time, ILogger<DemandTracker> logger) : BackgroundService
{
    /// <summary>How long what was asked for is still provided.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IOnDemandPrograms? _programs = programs as IOnDemandPrograms;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _askedAt = [];
    private long? _allAskedAt;

    // What can be asked for; read once a second, since clients say how often it is needed.
    private HashSet<string> _names = [];
    private long? _namesAt;

    /// <summary>Somebody asks for programs, all where no name is given; they are told before this returns.</summary>
    public void Ask(IReadOnlyCollection<string> names)
    {
        if (_programs is null)
        {
            return;
        }

        lock (_lock)
        {
            Note(names);
            Tell();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_programs is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                lock (_lock)
                {
                    foreach (var subscriber in subscribers.All)
                    {
                        if (subscriber.Asks is { } names)
                        {
                            Note(names);
                        }
                    }

                    Tell();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void Note(IReadOnlyCollection<string> names)
    {
        var now = time.GetTimestamp();
        if (names.Count == 0)
        {
            _allAskedAt = now;
        }

        if (_namesAt is not { } at || time.GetElapsedTime(at) >= Interval)
        {
            _names = [.. _programs!.OnDemandNames];
            _namesAt = now;
        }

        // A client may ask for anything: only what there is is kept.
        foreach (var name in names)
        {
            if (_names.Contains(name))
            {
                _askedAt[name] = now;
            }
        }
    }

    private void Tell()
    {
        foreach (var (name, askedAt) in _askedAt)
        {
            if (time.GetElapsedTime(askedAt) > Grace)
            {
                _askedAt.Remove(name);
            }
        }

        var all = _allAskedAt is { } at && time.GetElapsedTime(at) <= Grace;
        try
        {
            _programs!.Follow(new ProgramDemand(all, _askedAt.Keys.ToHashSet(StringComparer.Ordinal)));
        }
#pragma warning disable CA1031 // Whatever fails in a program, the streams go on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            StatusLog.DemandFailed(logger, failure);
        }
    }
}
