using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Bpf;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Rings;
using Monitor.Events;

namespace Monitor.Agent.Reading;

/// <summary>
/// The one thread that reads: drains all rings when one passes its watermark and every 10 ms, never once per event, and
/// appends what it finds to the log. After a second without events it looks every 50 ms.
/// </summary>
internal sealed class EventReader : IDisposable
{
    private const int DrainIntervalMilliseconds = 10;

    // A wake-up costs 35 to 65 µs where the CPU was idle, whatever is done then (a loop of epoll_wait in C takes as much):
    // 100 per second are most of what an idle agent may use. A burst wakes the reader by its watermark all the same.
    private const int IdleIntervalMilliseconds = 50;
    private const long IdleAfterMilliseconds = 1000;

    // Losses that the rings have not told, and attempts that ended unnoticed, show up this late at the most.
    private const long SettleIntervalMilliseconds = 100;

    // How often the wall clock is measured, and CPUs that came online are looked for.
    private const long SurroundingsIntervalMilliseconds = 1000;

    // A ring holds 16 ms of a storm of two million events per second. Beside the runtime's compiler on the same CPU, the
    // reader of a fresh agent waited 270 of 600 ms for its turn; with this, 20.
    private const int Nice = -15;

    private readonly IReadOnlyList<MonitorPipeline> _pipelines;
    private readonly EventLog _log;
    private readonly WallClock _clock;
    private readonly Action<Exception> _onFailure;
    private readonly ILogger _logger;
    private readonly HashSet<MonitorPipeline> _unsettled = [];
    private readonly PerfRingReader _rings;
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <param name="pipelines">At least one.</param>
    /// <param name="log">Is published after each drain.</param>
    /// <param name="clock">Is measured again every second.</param>
    /// <param name="onFailure">Called, on the reader's thread, with what ended it before it was stopped.</param>
    /// <param name="logger">Where it says what fails for a while. Null: nowhere.</param>
    public EventReader(
        IReadOnlyList<MonitorPipeline> pipelines,
        EventLog log,
        WallClock clock,
        Action<Exception> onFailure,
        ILogger? logger = null)
    {
        _pipelines = pipelines;
        _log = log;
        _clock = clock;
        _onFailure = onFailure;
        _logger = logger ?? NullLogger.Instance;
        _rings = new PerfRingReader([.. pipelines.Select(pipeline => pipeline.Monitor.Rings)]);
        _thread = new Thread(Run);
    }

    /// <summary>Lets the programs begin, and reads what they report.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Start()
    {
        foreach (var pipeline in _pipelines)
        {
            pipeline.Begin();
        }

        _thread.Start();
    }

    /// <summary>Detaches the monitors, reads what is left in the rings, and ends the thread.</summary>
    public void Stop()
    {
        foreach (var pipeline in _pipelines)
        {
            pipeline.Monitor.Detach();
        }

        _stopping = true;
        _rings.Wake();
        _thread.Join();
    }

    public void Dispose() => _rings.Dispose();

    private void Run()
    {
        try
        {
            // By the thread itself: to name another one takes a file of /proc, which the agent may not write to.
            Thread.CurrentThread.Name = "event-reader";
            // Where that is not allowed, more is lost when the machine has no CPU to spare, and is counted as ever.
            _ = ThreadScheduling.TrySetNice(Nice);
            var settleAt = 0L;
            var surroundingsAt = 0L;
            var idleAt = 0L;
            while (!_stopping)
            {
                var now = Environment.TickCount64;
                _rings.Wait(now < idleAt ? DrainIntervalMilliseconds : IdleIntervalMilliseconds);
                var any = Drain();
                now = Environment.TickCount64;
                if (any)
                {
                    idleAt = now + IdleAfterMilliseconds;
                }

                if (now >= settleAt)
                {
                    settleAt = now + SettleIntervalMilliseconds;
                    Settle(walk: true);
                }

                if (now >= surroundingsAt)
                {
                    surroundingsAt = now + SurroundingsIntervalMilliseconds;
                    _clock.Measure();
                    FollowCpus();
                }
            }

            Drain();
            Settle(walk: false);
        }
#pragma warning disable CA1031 // Whatever it is, the agent cannot see any more, and says so.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _onFailure(failure);
        }
    }

    // Whether there was anything.
    private bool Drain()
    {
        using var drain = _rings.Drain();
        var any = false;
        while (drain.MoveNext(out var record))
        {
            _pipelines[record.SetIndex].Take(record);
            any = true;
        }

        if (any)
        {
            _log.Publish();
        }

        return any;
    }

    private void FollowCpus()
    {
        try
        {
            _rings.FollowCpus();
        }
        catch (BpfException failure)
        {
            AgentLog.NoRing(_logger, failure.Message);
        }
    }

    private void Settle(bool walk)
    {
        foreach (var pipeline in _pipelines)
        {
            try
            {
                pipeline.Settle();
                if (walk)
                {
                    pipeline.Walk();
                }

                if (_unsettled.Remove(pipeline))
                {
                    AgentLog.SettleWorks(_logger, pipeline.Monitor.Definition.Name);
                }
            }
            catch (BpfException failure)
            {
                // Too many open files, or no memory, at this moment: the next time will tell. The rings are read all the same.
                if (_unsettled.Add(pipeline))
                {
                    AgentLog.SettleFailed(_logger, pipeline.Monitor.Definition.Name, failure.Message);
                }
            }
        }

        _log.Publish();
    }
}
