using System.Collections.Concurrent;
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

    private readonly ConcurrentQueue<Change> _changes = new();
    private volatile MonitorPipeline[] _pipelines;
    private readonly EventLog _log;
    private readonly WallClock _clock;
    private readonly Action<Exception> _onFailure;
    private readonly ILogger _logger;
    private readonly HashSet<MonitorPipeline> _unsettled = [];
    private readonly PerfRingReader _rings;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile bool _ended;

    /// <param name="pipelines">Those that are there from the start; some or none.</param>
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
        _pipelines = [.. pipelines];
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

    /// <summary>All that are read now. Any thread.</summary>
    public IReadOnlyList<MonitorPipeline> Pipelines => _pipelines;

    /// <summary>Reads one more monitor from now on, and lets its programs begin. Any thread, while the reader runs.</summary>
    /// <exception cref="BpfException">The kernel refused; the monitor is not read.</exception>
    /// <exception cref="InvalidOperationException">The reader has ended.</exception>
    public Task AddAsync(MonitorPipeline pipeline)
    {
        // Here and not on the reader's thread: the names of the kernel's functions take a tenth of a second.
        pipeline.Monitor.Definition.Prepare();
        return ChangeAsync(new Change(pipeline, IsNew: true));
    }

    /// <summary>
    /// Detaches a monitor, reads what is left in its rings, and reads it no more; it can be disposed of then. Any thread, while
    /// the reader runs.
    /// </summary>
    /// <exception cref="InvalidOperationException">The reader has ended.</exception>
    public Task RemoveAsync(MonitorPipeline pipeline)
    {
        // Here and not on the reader's thread: it takes the kernel up to 20 ms.
        pipeline.Monitor.Detach();
        return ChangeAsync(new Change(pipeline, IsNew: false));
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
                ApplyChanges();
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
        finally
        {
            _ended = true;
            FailChanges();
        }
    }

    private Task ChangeAsync(Change change)
    {
        _changes.Enqueue(change);
        _rings.Wake();
        if (_ended)
        {
            FailChanges();
        }

        return change.Done.Task;
    }

    // After a drain, so that the rings of a monitor that was detached before have been read.
    private void ApplyChanges()
    {
        while (_changes.TryDequeue(out var change))
        {
            try
            {
                Apply(change);
                change.Done.SetResult();
            }
            catch (BpfException failure)
            {
                change.Done.SetException(failure);
            }
        }
    }

    private void Apply(Change change)
    {
        var pipeline = change.Pipeline;
        if (change.IsNew)
        {
            pipeline.Begin();
            _rings.Add(pipeline.Monitor.Rings);
            _pipelines = [.. _pipelines, pipeline];
            return;
        }

        // It may have been detached after the last drain began.
        Drain();
        try
        {
            pipeline.Settle();
        }
        finally
        {
            _rings.Remove(pipeline.Monitor.Rings);
            _pipelines = [.. _pipelines.Where(other => other != pipeline)];
            _unsettled.Remove(pipeline);
            _log.Publish();
        }
    }

    private void FailChanges()
    {
        while (_changes.TryDequeue(out var change))
        {
            change.Done.SetException(new InvalidOperationException("the thread that reads events has ended"));
        }
    }

    // Whether there was anything.
    private bool Drain()
    {
        using var drain = _rings.Drain();
        var pipelines = _pipelines;
        var any = false;
        while (drain.MoveNext(out var record))
        {
            pipelines[record.SetIndex].Take(record);
            any = true;
        }

        // After the rings, and not merged with them: their records come together only in one drain.
        foreach (var pipeline in pipelines)
        {
            any |= pipeline.Monitor.Buffer is { } buffer && pipeline.TakeAll(buffer);
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

    // A monitor that comes or goes.
    private sealed record Change(MonitorPipeline Pipeline, bool IsNew)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
