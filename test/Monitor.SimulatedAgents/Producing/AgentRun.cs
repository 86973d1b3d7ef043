using System.Collections.Concurrent;
using Monitor.Events;
using Monitor.Protocol;

namespace Monitor.SimulatedAgents.Producing;

/// <summary>One run of an agent, from its start to its end: an epoch and the log of that. Any thread.</summary>
internal sealed class AgentRun : IDisposable
{
    private readonly Lock _writing = new();
    private readonly EventWriter _writer;
    private readonly ConcurrentDictionary<EventCursor, bool> _streams = new();
    private long _lastTime;

    public AgentRun(string nodeName, long retentionBytes)
    {
        Start = DateTimeOffset.UtcNow;
        var epoch = BootEpoch.Compute(nodeName, $"{Environment.ProcessId}", Start);
        Log = new EventLog(
            new EventLogOptions { RetentionBytes = retentionBytes, NodeName = nodeName }, epoch, TimeProvider.System);
        _writer = new EventWriter(nodeName, Log);
        _lastTime = UnixNanosNow();
    }

    public DateTimeOffset Start { get; }

    public EventLog Log { get; }

    public int StreamCount => _streams.Count;

    /// <summary>How many events the slowest stream has yet to come to; null where there is no stream.</summary>
    public long? MostAhead
    {
        get
        {
            long? most = null;
            foreach (var (cursor, _) in _streams)
            {
                most = Math.Max(most ?? 0, cursor.GetCounters().Ahead);
            }

            return most;
        }
    }

    public void Add(EventCursor stream) => _streams.TryAdd(stream, true);

    public void Remove(EventCursor stream) => _streams.TryRemove(stream, out _);

    /// <summary>Appends events whose times spread evenly over what has passed since the last ones.</summary>
    public void Produce(int count)
    {
        lock (_writing)
        {
            var now = Math.Max(UnixNanosNow(), _lastTime);
            var step = (now - _lastTime) / count;
            var time = now - step * (count - 1);
            for (var i = 0; i < count; i++, time += step)
            {
                _writer.Append(time);
            }

            _lastTime = now;
            Log.Publish();
        }
    }

    /// <summary>Ends its streams.</summary>
    public void Dispose() => Log.Dispose();

    private static long UnixNanosNow() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
}
