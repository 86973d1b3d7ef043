using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Bpf.Rings;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Agent.Reading;

/// <summary>
/// The way of one monitor's records into the log, with the count of where they went. The reader's thread writes; any
/// thread may read the counts.
/// </summary>
internal sealed class MonitorPipeline
{
    private readonly string _nodeName;
    private readonly EventLog _log;
    private readonly EventEncoder _encoder;
    private readonly WallClock _clock;
    private readonly byte[] _type;
    private readonly byte _typeId;
    private readonly LossLedger _ring = new();
    private readonly ulong[] _losses = new ulong[(int)LossCause.Evicted + 1];
    private ulong _budgetLimit;
    private ulong _stored;
    private ulong _rateLimited;
    private ulong _lastTimestamp;
    private KernelCounters _counters;
    private long _walkAt;

    /// <param name="monitor">Whose records.</param>
    /// <param name="nodeName">Loss.node_name.</param>
    /// <param name="log">Takes the events.</param>
    /// <param name="encoder">Makes them; one for all pipelines of a reader.</param>
    /// <param name="clock">Gives their wall-clock time.</param>
    /// <param name="rateLimit">Most events per second; <see cref="LoadedMonitor.NoLimit"/>.</param>
    public MonitorPipeline(
        LoadedMonitor monitor,
        string nodeName,
        EventLog log,
        EventEncoder encoder,
        WallClock clock,
        ulong rateLimit = LoadedMonitor.NoLimit)
    {
        Monitor = monitor;
        RateLimit = rateLimit;
        _budgetLimit = LoadedMonitor.NoLimit;
        _nodeName = nodeName;
        _log = log;
        _encoder = encoder;
        _clock = clock;
        _type = EventEncoder.EncodeType(monitor.Definition.Name);
        _typeId = log.Types.GetOrAdd(monitor.Definition.Name);
    }

    public LoadedMonitor Monitor { get; }

    /// <summary>Most events per second that the settings allow; <see cref="LoadedMonitor.NoLimit"/>.</summary>
    public ulong RateLimit { get; }

    /// <summary>
    /// Most events per second within the budget of the agent's overhead; <see cref="LoadedMonitor.NoLimit"/> while it needs no
    /// limit. Set by one thread.
    /// </summary>
    /// <exception cref="Bpf.BpfException">The kernel refused.</exception>
    public ulong BudgetLimit
    {
        get => Volatile.Read(ref _budgetLimit);
        set
        {
            Monitor.Limit(Math.Min(RateLimit, value));
            Volatile.Write(ref _budgetLimit, value);
        }
    }

    /// <summary>Lets the programs report.</summary>
    /// <exception cref="Bpf.BpfException">The kernel refused.</exception>
    public void Begin() => Monitor.Begin(RateLimit);

    /// <summary>Events appended to the log.</summary>
    public ulong Stored => Volatile.Read(ref _stored);

    /// <summary>Events reported as missing for a cause.</summary>
    public ulong Losses(LossCause cause) => Volatile.Read(ref _losses[(int)cause]);

    /// <summary>Takes one record of a drain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(in PerfRecord record)
    {
        if (record.Kind == PerfRecordKind.Sample)
        {
            TakeSample(record.Payload, record.Timestamp);
        }
        else
        {
            TakeLoss(record);
        }
    }

    /// <summary>Takes what is in a ring buffer now.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool TakeAll(RingBuffer buffer)
    {
        using var drain = buffer.Drain();
        var any = false;
        while (drain.MoveNext(out var payload))
        {
            TakeSample(payload, payload.Length < sizeof(ulong) ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(payload));
            any = true;
        }

        if (drain.CorruptBytes > 0)
        {
            AppendLoss(LossCause.Undecodable, Math.Max(1, drain.CorruptBytes / (ulong)Monitor.Definition.RecordBytes), _lastTimestamp, 0);
        }

        return any;
    }

    /// <summary>
    /// Looks at the program's own counters for what the rings have not told: losses at the end of a burst, and what the
    /// rate limit suppressed.
    /// </summary>
    public void Settle()
    {
        _counters = Monitor.Counters.Read();
        AppendLoss(LossCause.RingFull, _ring.OnCounter(_counters.Lost), _lastTimestamp, 0);
        AppendLoss(LossCause.RateLimited, _counters.RateLimited - _rateLimited, _lastTimestamp, 0);
        _rateLimited = _counters.RateLimited;
    }

    /// <summary>Has the monitor report what the kernel calls nobody for, where it is time. After <see cref="Settle"/>.</summary>
    public void Walk()
    {
        var now = Environment.TickCount64;
        if (Monitor.Definition.Walk is not { } walk || now < _walkAt || (walk.WhilePending && _counters.Pending == 0))
        {
            return;
        }

        _walkAt = now + walk.IntervalMilliseconds;
        Monitor.Walk();
    }

    private void TakeSample(ReadOnlySpan<byte> payload, ulong timestamp)
    {
        var definition = Monitor.Definition;
        if (payload.Length < definition.RecordBytes)
        {
            AppendLoss(LossCause.Undecodable, 1, timestamp, timestamp);
            return;
        }

        var time = _clock.ToUnixNanos(timestamp);
        _encoder.Begin(_type, _typeId, _log.NextSequence, timestamp, time);
        if (!definition.Decode(payload, _encoder) || !_log.Append(_encoder.Columns, _encoder.Encoded))
        {
            AppendLoss(LossCause.Undecodable, 1, timestamp, timestamp);
            return;
        }

        _lastTimestamp = timestamp;
        Volatile.Write(ref _stored, _stored + 1);
    }

    private void TakeLoss(in PerfRecord record)
    {
        if (record.Kind == PerfRecordKind.Lost)
        {
            AppendLoss(LossCause.RingFull, _ring.OnRing(record.LostCount), record.PreviousTimestamp, record.Timestamp);
        }
        else
        {
            // How many records the bytes were cannot be known; no kernel has been seen to do this.
            var records = Math.Max(1, record.CorruptBytes / (ulong)Monitor.Definition.RecordBytes);
            AppendLoss(LossCause.Undecodable, records, record.PreviousTimestamp, record.Timestamp);
        }
    }

    // first and last: boot times around the loss; 0 is not known, as the last of one that is still going on: now.
    private void AppendLoss(LossCause cause, ulong count, ulong first, ulong last)
    {
        if (count == 0)
        {
            return;
        }

        Volatile.Write(ref _losses[(int)cause], _losses[(int)cause] + count);
        if (last == 0)
        {
            last = (ulong)Bpf.Kernel.KernelClock.BootNanoseconds;
        }

        _log.AppendLoss(new Loss
        {
            NodeName = _nodeName,
            Type = Monitor.Definition.Name,
            Cause = cause,
            Count = count,
            FirstTime = first == 0 ? null : ToTimestamp(first),
            LastTime = ToTimestamp(last),
        });
    }

    private Timestamp ToTimestamp(ulong bootNanos)
    {
        var nanos = _clock.ToUnixNanos(bootNanos);
        return new Timestamp { Seconds = nanos / 1_000_000_000, Nanos = (int)(nanos % 1_000_000_000) };
    }
}
