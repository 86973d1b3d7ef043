using System.Buffers;
using System.Collections.Concurrent;
using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Agent.Reading;
using Monitor.Events;
using Monitor.Sandbox.Images;
using Monitor.Sandbox.Rights;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>The agent's monitors in this kernel, with their events at hand.</summary>
internal sealed class WatchedKernel : IDisposable
{
    public const string NodeName = "test-node";

    private static readonly TimeSpan Patience = Limit.OfSeconds(20);

    private readonly EventReader _reader;
    private readonly EventCursor _cursor;
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly List<Event> _events = [];
    private readonly List<Loss> _losses = [];
    private bool _stopped;

    public WatchedKernel(KernelFilter filter, bool useSyscalls = false, params string[] names)
        : this(filter, useSyscalls, withoutCapabilities: false, LoadedMonitor.NoLimit, Named(names))
    {
    }

    private WatchedKernel(
        KernelFilter filter,
        bool useSyscalls,
        bool withoutCapabilities,
        ulong rateLimit,
        IEnumerable<MonitorDefinition> monitors,
        uint? connections = null)
    {
        var loader = new MonitorLoader(BpfFolder(), filter, useSyscalls, connections);
        Loader = loader;
        Log = new EventLog(new EventLogOptions { RetentionBytes = 256 << 20 }, 42, TimeProvider.System);
        _cursor = Log.OpenCursor((EventFilter?)null, LogPosition.Oldest);
        var clock = new WallClock();
        var encoder = new EventEncoder(NodeName, Log.Epoch, names: new DestinationNames());
        Pipelines = [.. monitors.Select(monitor => new MonitorPipeline(loader.Load(monitor), NodeName, Log, encoder, clock, rateLimit))];
        _reader = new EventReader(Pipelines, Log, clock, _failures.Enqueue);
        if (withoutCapabilities)
        {
            // A thread has those of the one that starts it.
            Assert.That(OwnThread.Run(() =>
            {
                // Before 5.19 maps take CAP_BPF, which the agent keeps there.
                ThreadRights.MakeEffective(CapabilitySet.Of(Capability.Bpf));
                _reader.Start();
            }), Is.Null);
        }
        else
        {
            _reader.Start();
        }
    }

    /// <summary>With a reader that can watch no other CPU, as in an agent that gave its capabilities up.</summary>
    public static WatchedKernel WithoutCapabilities(KernelFilter filter, params string[] names) =>
        new(filter, useSyscalls: false, withoutCapabilities: true, LoadedMonitor.NoLimit, Named(names));

    /// <summary>With a limit of events per second for each monitor.</summary>
    public static WatchedKernel WithRateLimit(KernelFilter filter, ulong rateLimit, params string[] names) =>
        new(filter, useSyscalls: false, withoutCapabilities: false, rateLimit, Named(names));

    /// <summary>With monitors that have knobs of their own.</summary>
    public static WatchedKernel With(KernelFilter filter, params MonitorDefinition[] monitors) =>
        new(filter, useSyscalls: false, withoutCapabilities: false, LoadedMonitor.NoLimit, monitors);

    /// <summary>With room for so many connections.</summary>
    public static WatchedKernel WithCapacity(KernelFilter filter, uint connections, params string[] names) =>
        new(filter, useSyscalls: false, withoutCapabilities: false, LoadedMonitor.NoLimit, Named(names), connections);

    /// <summary>With a limit and with knobs.</summary>
    public static WatchedKernel WithRateLimit(KernelFilter filter, ulong rateLimit, params MonitorDefinition[] monitors) =>
        new(filter, useSyscalls: false, withoutCapabilities: false, rateLimit, monitors);

    public EventLog Log { get; }

    /// <summary>What loaded the monitors.</summary>
    public MonitorLoader Loader { get; }

    public IReadOnlyList<MonitorPipeline> Pipelines { get; }

    /// <summary>Whether a program that not every kernel takes is attached.</summary>
    public bool IsActive(string program) =>
        Pipelines.SelectMany(pipeline => pipeline.Monitor.Hooks)
            .Any(hook => hook.Definition.Program == program && hook.Status == "active");

    /// <summary>Everything so far.</summary>
    public IReadOnlyList<Event> Events
    {
        get
        {
            Read();
            return _events;
        }
    }

    public IReadOnlyList<Loss> Losses
    {
        get
        {
            Read();
            return _losses;
        }
    }

    /// <summary>Waits for the event that fits; fails with what came instead.</summary>
    public Event Find(Func<Event, bool> fits) => FindAll(fits, 1)[0];

    /// <summary>Waits for so many events that fit.</summary>
    public IReadOnlyList<Event> FindAll(Func<Event, bool> fits, int count)
    {
        var until = DateTime.UtcNow + Patience;
        while (DateTime.UtcNow < until)
        {
            if (Events.Where(fits).ToList() is var found && found.Count >= count)
            {
                return found;
            }

            // The log tells when there is more; nothing is polled in between.
            using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
            try
            {
                _cursor.WaitAsync(timeout.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (OperationCanceledException)
            {
            }
        }

        throw new AssertionException(
            $"no such event within {Patience}; there were {_events.Count}, the last: {string.Join("\n", _events.TakeLast(10))}");
    }

    /// <summary>Detaches, and reads all that the rings held.</summary>
    public void Stop()
    {
        if (!_stopped)
        {
            _stopped = true;
            _reader.Stop();
            Assert.That(_failures, Is.Empty);
        }
    }

    /// <summary>produced − (filtered + rate-limited + lost + undecodable + stored), which must be 0 after Stop.</summary>
    public static long Imbalance(MonitorPipeline pipeline)
    {
        var kernel = pipeline.Monitor.Counters.Read();
        return (long)(kernel.Produced - kernel.Filtered - kernel.RateLimited - kernel.Lost - pipeline.Stored
            - pipeline.Losses(LossCause.Undecodable));
    }

    public void Dispose()
    {
        Stop();
        _reader.Dispose();
        foreach (var pipeline in Pipelines)
        {
            pipeline.Monitor.Dispose();
        }

        Log.Dispose();
    }

    /// <summary>artifacts/bpf of the repository that this test was built in.</summary>
    public static string BpfFolder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.Combine(folder, "bpf") is var candidate && File.Exists(Path.Combine(candidate, "connection.bpf.o")))
            {
                return candidate;
            }
        }

        throw new AssertionException("artifacts/bpf is not there: run ./build.sh");
    }

    private static IEnumerable<MonitorDefinition> Named(string[] names) =>
        MonitorDefinition.All.Where(monitor => names.Length == 0 || names.Contains(monitor.Name));

    private void Read()
    {
        var buffer = new ArrayBufferWriter<byte>();
        while (_cursor.HasMore)
        {
            buffer.Clear();
            var batch = _cursor.ReadBatch(buffer, 10_000, 1 << 20);
            _events.AddRange(StreamEventsResponse.Parser.ParseFrom(buffer.WrittenSpan).Events);
            _losses.AddRange(batch.Losses);
        }
    }
}
