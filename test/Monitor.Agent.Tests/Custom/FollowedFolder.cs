using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Agent.Custom;
using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Agent.Reading;
using Monitor.Agent.Status;
using Monitor.Agent.Tests.Kernel;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Agent.Tests.Custom;

/// <summary>A folder of monitors in this kernel, as the agent follows it; the test says when it looks.</summary>
internal sealed class FollowedFolder : IAsyncDisposable
{
    private readonly EventReader _reader;
    private readonly EventCursor _cursor;
    private readonly List<Event> _events = [];
    private bool _stopped;

    public FollowedFolder(
        MonitorKey? key = null, IEnumerable<string>? allowed = null, ulong rateLimit = LoadedMonitor.NoLimit,
        Dictionary<string, string>? targets = null, long maxMapBytes = 64 << 20, long maxInstructions = 100_000)
    {
        Directory.CreateDirectory(Path);
        Log = new EventLog(new EventLogOptions { RetentionBytes = 64 << 20 }, 42, TimeProvider.System);
        _cursor = Log.OpenCursor(null, LogPosition.Oldest);
        var clock = new WallClock();
        var encoder = new EventEncoder(WatchedKernel.NodeName, Log.Epoch);
        _reader = new EventReader([], Log, clock, failure => Failure = failure);
        _reader.Start();
        Monitors = new CustomMonitors(
            new MonitorFolder(Path, key, TimeProvider.System),
            new CustomPolicy((allowed ?? []).ToHashSet(), maxMapBytes, maxInstructions),
            _ => targets ?? [],
            () => new MonitorLoader("", new KernelFilter { ExcludeSelf = false }, useLastResort: false),
            monitor => new MonitorPipeline(monitor, WatchedKernel.NodeName, Log, encoder, clock, rateLimit),
            _reader,
            NullLogger.Instance);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("monitors").FullName;

    public EventLog Log { get; }

    public CustomMonitors Monitors { get; }

    /// <summary>What ended the reader.</summary>
    public Exception? Failure { get; private set; }

    public CustomEntry Entry(string name) => Monitors.Entries.Single(entry => entry.Name == name);

    public string FileOf(string name) => System.IO.Path.Combine(Path, name + CustomObject.Extension);

    /// <summary>Writes an object as an installer does: whole, and old enough not to be in the making.</summary>
    public void Put(string name, byte[] content)
    {
        File.WriteAllBytes(FileOf(name), content);
        Settle(FileOf(name));
    }

    /// <summary>Makes a file look as if nobody had written to it for a while.</summary>
    public static void Settle(string file) => File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(Environment.TickCount64));

    public Task FollowAsync() => Monitors.FollowAsync();

    /// <summary>All counts of a name, of all its versions.</summary>
    public ProgramCounters Counters(string name) => Entry(name) is var entry && entry.Pipeline is { } pipeline
        ? PipelineCounters.Sum(PipelineCounters.Of(pipeline), entry.Before)
        : entry.Before;

    /// <summary>produced − all the rest.</summary>
    public long Imbalance(string name) => Counters(name) is var all
        ? (long)(all.Produced - all.Filtered - all.RateLimited - all.Lost - all.Undecodable - all.Stored)
        : 0;

    public IReadOnlyList<Event> Events
    {
        get
        {
            var buffer = new ArrayBufferWriter<byte>();
            while (_cursor.HasMore)
            {
                buffer.Clear();
                _cursor.ReadBatch(buffer, 10_000, 1 << 20);
                _events.AddRange(StreamEventsResponse.Parser.ParseFrom(buffer.WrittenSpan).Events);
            }

            return _events;
        }
    }

    /// <summary>Stops the reader, so that everything is at rest.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await Monitors.StopAsync();
            _reader.Stop();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Monitors.DisposeAsync();
        _reader.Dispose();
        Log.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
