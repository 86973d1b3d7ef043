using Google.Protobuf.WellKnownTypes;
using Monitor.Aggregator.Discovery;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

using Program = Monitor.V1.Program;

/// <summary>
/// One node, by its name, and how far it was read, whichever link read it: another address, or the same one after an
/// absence, goes on where the last left off. Any thread; <see cref="Take"/> is for the link that has the node.
/// </summary>
internal sealed class AgentNode(string name, ClusterLog log, TimeProvider time)
{
    private static int _nodes;

    private readonly int _number = Interlocked.Increment(ref _nodes);
    private readonly Lock _lock = new();
    private readonly RateMeter _rate = new(time);
    private readonly ClockEstimator _clock = new();
    private readonly SortedDictionary<LossCause, ulong> _losses = [];

    private AgentConnection? _connection;
    private AgentRun? _run;
    private ulong _restarts;
    private IReadOnlyList<Program> _programs = [];

    // Read for each message of each stream, so without the lock; 0 for none.
    private long _reached;

    public string Name => name;

    /// <summary>Which link has the node.</summary>
    public NodeHolder Holder { get; } = new(time);

    /// <summary>The connection of the link that has the node, for questions beside its stream; null while there is none. It may
    /// be disposed of at any moment.</summary>
    public AgentConnection? Connection
    {
        get => Volatile.Read(ref _connection);
        set => Volatile.Write(ref _connection, value);
    }

    /// <summary>When the last link to it was forgotten; null while there is one. For <see cref="NodeDirectory"/>.</summary>
    public DateTimeOffset? UnlinkedSince { get; set; }

    /// <summary>
    /// Up to when, by the node's clock, its events are in the log, as far as is known: by its last watermark, or before
    /// the first by its newest event. Null where nothing came.
    /// </summary>
    public long? ReachedUnixNanos => Interlocked.Read(ref _reached) is var reached and not 0 ? reached : null;

    /// <summary>How far its clock is off; null where it was not measured.</summary>
    public ClockEstimate? Clock
    {
        get
        {
            lock (_lock)
            {
                return _clock.Best;
            }
        }
    }

    /// <summary>Where a stream of a run starts: where the last one ended, or at the beginning of everything.</summary>
    public (ResumeToken Token, OriginPoint At) ResumeAt(ulong epoch)
    {
        lock (_lock)
        {
            return _run is { Token: { } token } && _run.Epoch == epoch
                ? (token, _run.At)
                : (new ResumeToken(epoch, 0, 0, []), default);
        }
    }

    /// <summary>Goes on where an earlier run of this program left off.</summary>
    public void GoOn(Origin origin, OriginPoint at, bool isRetired)
    {
        lock (_lock)
        {
            _run = new AgentRun(origin.Epoch, at, origin, at) { IsRetired = isRetired };
        }
    }

    /// <summary>Takes a message in that was read and checked.</summary>
    /// <param name="batch">The message.</param>
    /// <param name="epoch">The run that it is of.</param>
    /// <returns>Where the stream is behind it.</returns>
    public OriginPoint Take(AgentBatch batch, ulong epoch)
    {
        var token = batch.Token!;
        var after = new OriginPoint((long)token.Position, (long)token.Events);
        var run = RunOf(batch, epoch, after);
        var malformed = log.Append(run.Origin, run.At, after, batch, PairingClock());
        lock (_lock)
        {
            run.Advance(batch, after);
            foreach (var loss in batch.Losses)
            {
                Count(loss.Cause, loss.Count);
            }

            if (malformed > 0)
            {
                Count(LossCause.Undecodable, malformed);
            }

            Interlocked.Exchange(ref _reached, run.WatermarkUnixNanos ?? run.NewestUnixNanos ?? 0);
            _rate.Add(batch.Events.Length);
        }

        return after;
    }

    /// <summary>Notes what an answer says of the node's clock.</summary>
    public void NoteClock(in HealthAnswer answer)
    {
        if (answer.Time is not { } there)
        {
            return;
        }

        lock (_lock)
        {
            _clock.Add(answer.Asked, answer.RoundTrip, there);
        }
    }

    /// <summary>Keeps the programs that the agent listed.</summary>
    public void SetPrograms(IReadOnlyList<Program> programs)
    {
        lock (_lock)
        {
            _programs = programs;
        }
    }

    /// <summary>Whether it said that it has a monitor of the user's own of that name.</summary>
    public bool HasOwnMonitor(string monitor)
    {
        lock (_lock)
        {
            return _programs.Any(program => program.Name == monitor && program.Schema is not null);
        }
    }

    /// <summary>Names of the programs that run on demand.</summary>
    public IEnumerable<string> OnDemandPrograms
    {
        get
        {
            lock (_lock)
            {
                return _programs.Where(program => program.OnDemand).Select(program => program.Name);
            }
        }
    }

    /// <summary>The programs as they last were.</summary>
    public void AddPrograms(List<Program> to)
    {
        IReadOnlyList<Program> programs;
        lock (_lock)
        {
            programs = _programs;
        }

        var outOfReach = Holder.DescribeAbsence();
        foreach (var program in programs)
        {
            var copy = program.Clone();
            if (outOfReach is not null)
            {
                copy.Status = ProgramStatus.Unknown;
                copy.Error = outOfReach;
            }

            to.Add(copy);
        }
    }

    /// <summary>Fills in what is known of the node, if this link has it or was the last to have it: where several links
    /// lead to the node, one of them shows its counts, so that they add up.</summary>
    public void Describe(Agent agent, AgentAddress link)
    {
        if (!Holder.IsLast(link))
        {
            return;
        }

        lock (_lock)
        {
            if (_clock.Best is { } clock)
            {
                agent.ClockOffset = Duration.FromTimeSpan(clock.Offset);
                agent.ClockOffsetSeconds = clock.Offset.TotalSeconds;
                agent.ClockUncertainty = Duration.FromTimeSpan(clock.Uncertainty);
            }

            agent.EventsPerSecond = _rate.PerSecond();
            agent.Restarts = _restarts;
            agent.Losses.AddRange(_losses.Select(loss => new LossCount { Cause = loss.Key, Count = loss.Value }));
            if (_run is not { } run)
            {
                return;
            }

            agent.Events = run.Events;
            agent.FirstSequence = run.FirstSequence;
            agent.LastSequence = (ulong)run.At.Events;
            agent.Missed = run.Missed;
            agent.LastEventTime = run.NewestUnixNanos is { } newest ? UnixNanos.ToTimestamp(newest) : null;
            if (run.ReachedUnixNanos is { } reached)
            {
                var there = UnixNanos.From(time.GetUtcNow() + (_clock.Best?.Offset ?? TimeSpan.Zero));
                agent.Lag = Duration.FromTimeSpan(
                    TimeSpan.FromTicks(Math.Max(0, there - reached) / TimeSpan.NanosecondsPerTick));
            }
        }
    }

    /// <summary>Retires its origin in the log. The node remembers how far it was read: an agent that comes back goes
    /// on from there.</summary>
    public void Retire()
    {
        Origin? origin;
        lock (_lock)
        {
            origin = _run is { IsRetired: false } ? _run.Origin : null;
            _run?.IsRetired = true;
            _programs = [];
        }

        if (origin is not null)
        {
            log.RetireOrigin(origin);
        }
    }

    /// <summary>Whether a message of it was ever taken in.</summary>
    public bool HasRun
    {
        get
        {
            lock (_lock)
            {
                return _run is not null;
            }
        }
    }

    /// <summary>The run that a message is of, which starts with it where it is its first.</summary>
    private AgentRun RunOf(AgentBatch batch, ulong epoch, OriginPoint after)
    {
        var last = _run;
        if (last?.Epoch == epoch)
        {
            if (last.IsRetired)
            {
                last.Origin = log.AddOrigin(epoch, name, last.At, last.Origin, null);
                last.IsRetired = false;
            }

            return last;
        }

        // The stream was asked for from the first event on. Where the agent is new to us, its run starts behind the
        // events that had left its log already, and these are not reported as lost; other losses are. Where an earlier
        // run of the agent was known, all losses are reported.
        var start = batch.Evicted > 0 && last is null
            ? new OriginPoint(after.Position - batch.Events.Length, after.Events - batch.Events.Length)
            : default;
        if (last is null)
        {
            batch.Losses.RemoveAll(static loss => loss.Cause == LossCause.Evicted);
        }

        var restarted = last is null ? null : new Loss
        {
            NodeName = name,
            Cause = LossCause.Restarted,
            // The watermark is a promise, which times of events, that come nearly in order, are not.
            FirstTime = (last.WatermarkUnixNanos ?? last.NewestUnixNanos) is { } reached ? UnixNanos.ToTimestamp(reached) : null,
            LastTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
        var run = new AgentRun(epoch, start, log.AddOrigin(epoch, name, start, last?.Origin, restarted), start);
        lock (_lock)
        {
            _run = run;
            _restarts += last is null ? 0ul : 1;
        }

        return run;
    }

    private NodeClock PairingClock() =>
        Clock is { } known ? NodeClock.Of(_number, known.Offset, known.Uncertainty) : NodeClock.Unknown(_number);

    private void Count(LossCause cause, ulong count)
    {
        // An agent must not make us keep more counts than there are causes.
        var known = System.Enum.IsDefined(cause) ? cause : LossCause.Unspecified;
        _losses[known] = _losses.GetValueOrDefault(known) + count;
    }
}
