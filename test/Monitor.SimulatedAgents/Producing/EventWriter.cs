using System.Buffers.Text;
using System.Text;
using Google.Protobuf;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.SimulatedAgents.Producing;

/// <summary>
/// Appends one event after the other to a log. Only what is different in each event is written, before what its kind of
/// event has in common, which is encoded once: about 150 ns an event, the log included.
/// </summary>
internal sealed class EventWriter
{
    private const long NanosPerSecond = 1_000_000_000;

    // Sequence, id, timestamp and time at their longest are below 100 bytes.
    private const int MaxHeadBytes = 128;

    private const byte LengthDelimited = 2;
    private const byte SequenceTag = Event.SequenceFieldNumber << 3;
    private const byte IdTag = Event.IdFieldNumber << 3 | LengthDelimited;
    private const byte TimestampTag = Event.TimestampFieldNumber << 3;
    private const byte TimeTag = Event.TimeFieldNumber << 3 | LengthDelimited;

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
        var buffer = _buffer;
        var at = 0;
        buffer[at++] = SequenceTag;
        WriteVarint(buffer, ref at, sequence);

        buffer[at++] = IdTag;
        var id = at++;
        _idPrefix.CopyTo(buffer, at);
        at += _idPrefix.Length;
        Utf8Formatter.TryFormat(sequence, buffer.AsSpan(at), out var digits);
        at += digits;
        buffer[id] = (byte)(at - id - 1);

        buffer[at++] = TimestampTag;
        WriteVarint(buffer, ref at, (ulong)(timeUnixNanos - _bootTime));

        buffer[at++] = TimeTag;
        var time = at++;
        buffer[at++] = 1 << 3;
        WriteVarint(buffer, ref at, (ulong)(timeUnixNanos / NanosPerSecond));
        buffer[at++] = 2 << 3;
        WriteVarint(buffer, ref at, (ulong)(timeUnixNanos % NanosPerSecond));
        buffer[time] = (byte)(at - time - 1);
        return at;
    }

    private static void WriteVarint(byte[] buffer, ref int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            buffer[at++] = (byte)(value | 0x80);
        }

        buffer[at++] = (byte)value;
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
