using System.Text;
using Google.Protobuf;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.SimulatedAgents.Producing;

/// <summary>
/// Appends one event after the other to a log. Only what is different in each event is written, before what its kind of
/// event has in common, which is encoded once: about 150 ns an event, the log included.
/// </summary>
internal sealed class EventWriter
{
    // Sequence, id, timestamp and time at their longest are below 100 bytes.
    private const int MaxHeadBytes = 128;

    private readonly EventLog _log;
    private readonly byte[] _idPrefix;
    private readonly Kind[] _kinds;
    private readonly byte[] _buffer;

    // Of the monotonic clock, which differs from the boot-time clock only where the machine sleeps.
    private readonly long _bootTime;

    public EventWriter(string nodeName, EventLog log)
    {
        _log = log;
        _idPrefix = Encoding.ASCII.GetBytes($"{log.Epoch:x16}-");
        _kinds = [.. SampleEvents.Of(nodeName).Select(sample => new Kind(sample, log.Types))];
        _buffer = new byte[MaxHeadBytes + _kinds.Max(kind => kind.Encoded.Length)];
        var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        _bootTime = now - System.Diagnostics.Stopwatch.GetElapsedTime(0).Ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>Appends the next event. For one thread at a time.</summary>
    public void Append(long timeUnixNanos)
    {
        var sequence = _log.NextSequence;
        ref readonly var kind = ref _kinds[sequence % (ulong)_kinds.Length];
        var length = WriteHead(sequence, timeUnixNanos);
        kind.Encoded.CopyTo(_buffer, length);
        var columns = kind.Columns;
        columns.Time = timeUnixNanos;
        _log.Append(columns, _buffer.AsSpan(0, length + kind.Encoded.Length));
    }

    private int WriteHead(ulong sequence, long timeUnixNanos)
    {
        var writer = new WireWriter(_buffer);
        writer.Varint(Event.SequenceFieldNumber, sequence);
        var id = writer.Begin(Event.IdFieldNumber);
        writer.Fragment(_idPrefix);
        writer.Digits(sequence);
        writer.End(id);
        writer.Varint(Event.TimestampFieldNumber, (ulong)(timeUnixNanos - _bootTime));
        writer.SecondsAndNanos(Event.TimeFieldNumber, timeUnixNanos);
        return writer.Length;
    }

    /// <summary>What events of one kind have in common.</summary>
    private readonly struct Kind
    {
        public Kind(Event sample, EventTypeTable types)
        {
            Encoded = sample.ToByteArray();
            if (!EventColumns.TryParse(Encoded, types, out Columns))
            {
                throw new InvalidOperationException($"A sample is no event: {sample}");
            }
        }

        public readonly byte[] Encoded;
        public readonly EventColumns Columns;
    }
}
