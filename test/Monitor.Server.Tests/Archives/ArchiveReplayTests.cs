using Google.Protobuf;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Archives;

/// <summary>Streams and exports that begin in an archive and go on in the log of an aggregator.</summary>
internal sealed class ArchiveReplayTests
{
    private const long Start = EventSource.Start;
    private const long Step = 1_000_000;
    private const int MaxBytes = 1 << 20;
    private const ulong LogEpoch = 1;

    private readonly Dictionary<string, Event> _produced = [];
    private readonly List<string> _delivered = [];
    private EventLog _log = null!;
    private FakeArchive _archive = null!;

    [SetUp]
    public void Begin()
    {
        _produced.Clear();
        _delivered.Clear();
        _archive = new FakeArchive();
        _log = new EventLog(
            new EventLogOptions { RetentionBytes = EventLogOptions.MinRetentionBytes, TracksOrigins = true }, LogEpoch, TimeProvider.System);
    }

    [TearDown]
    public void End() => _log.Dispose();

    [Test]
    public async Task Replay_AgentsThatComeAndGoWhileTheLogTurnsOver_DeliversEachEventOnce([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var agents = Enumerable.Range(0, 5).Select(number => new Agent(this, 10 + (ulong)number, $"node-{number}")).ToList();
        // A run that is over, an agent whose beginning an earlier aggregator wrote, and one that will connect only later.
        new Agent(this, 99, "node-gone").Write(random.Next(2000), random);
        agents[0].Write(1000, random);
        var late = agents[^1];
        late.Write(500, random);
        agents.Remove(late);
        foreach (var agent in agents)
        {
            agent.Connect();
        }

        for (var round = 0; round < 40; round++)
        {
            agents[random.Next(agents.Count)].Produce(random.Next(400), random);
        }

        _archive.MaxPage = random.Next(200, 3000);
        var isLateHere = false;
        _archive.Listing = _ =>
        {
            if (random.Next(3) != 0 || _produced.Count > 60_000)
            {
                return;
            }

            if (!isLateHere && random.Next(3) == 0)
            {
                isLateHere = true;
                late.ConnectWithAll();
                agents.Add(late);
            }

            agents[random.Next(agents.Count)].Produce(random.Next(3000), random);
        };
        var since = Start + random.Next(3000) * Step;
        var filter = new EventFilter { Since = UnixNanos.ToTimestamp(since) };
        var cursor = _log.OpenCursor(filter, LogPosition.Since(since));
        var replay = await ArchiveReplay.StartAsync(_archive, _log, cursor, TimeProvider.System, CancellationToken.None);
        while (await ReadAsync(replay, random.Next(1, 900)))
        {
            // A client that was cut off.
            if (random.Next(8) == 0)
            {
                Assert.That(ReplayToken.TryParse(replay.Token, out var token), Is.True);
                cursor = _log.OpenCursor(filter, LogPosition.Oldest);
                replay = await ArchiveReplay.ResumeAsync(_archive, _log, cursor, token!, TimeProvider.System, CancellationToken.None);
            }
        }

        if (!isLateHere)
        {
            isLateHere = true;
            late.ConnectWithAll();
        }

        // The log is full: these push out what the cursor would read next.
        await DrainAsync(cursor, replay, 10);
        agents[0].Produce(random.Next(3000), random);
        await DrainAsync(cursor, replay, int.MaxValue);
        var expected = _produced.Values.Where(made => UnixNanos.From(made.Time) >= since).Select(made => made.Id).ToList();
        Assert.That(_delivered, Is.Unique);
        Assert.That(_delivered.Except(expected), Is.Empty);
        Assert.That(expected.Except(_delivered), Is.Empty);
        Assert.That(_delivered, Has.Count.GreaterThan(5000));
    }

    [Test]
    public async Task Resume_TokenOfTheLogThatHasLeftIt_DeliversTheRestOnce([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var agents = Enumerable.Range(0, 3).Select(number => new Agent(this, 10 + (ulong)number, $"node-{number}")).ToList();
        agents[0].Connect();
        agents[1].Connect();
        agents[0].Produce(300, random);
        agents[1].Produce(300, random);
        var first = _log.OpenCursor(null, LogPosition.Oldest);
        var buffer = new PooledBuffer();
        first.ReadBatch(buffer, 200 + random.Next(200), MaxBytes);
        _delivered.AddRange(Ids(buffer));
        var text = first.GetResumeToken().ToString();
        agents[2].Connect();
        for (var round = 0; round < 20; round++)
        {
            agents[random.Next(3)].Produce(1000, random);
        }

        Assert.That(_log.Resume(text).Status, Is.EqualTo(ResumeStatus.Evicted));
        Assert.That(ResumeToken.TryParse(text, out var token), Is.True);
        var cursor = _log.OpenCursor(null, LogPosition.Oldest);
        var replay = await ArchiveReplay.ResumeAsync(_archive, _log, cursor, token!, TimeProvider.System, CancellationToken.None);
        while (await ReadAsync(replay, 500))
        {
        }

        await DrainAsync(cursor, replay, int.MaxValue);
        Assert.That(_delivered, Is.Unique);
        Assert.That(_delivered, Is.EquivalentTo(_produced.Keys));
        var asked = _archive.AskedForLosses.Single().Logs;
        Assert.That(asked.HasOthers, Is.False);
        Assert.That(asked.Parts.Single(), Is.EqualTo(new RunPart(LogEpoch, token!.Position, asked.Parts.Single().UpTo)));
    }

    [Test]
    public async Task Replay_Losses_ComeFirstAndOnlyThoseThatConcernTheFilter()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(20_000, new Random(1));
        _archive.Losses.Add(new Loss { NodeName = "node-1", Cause = LossCause.RingFull, Count = 7 });
        _archive.Losses.Add(new Loss { NodeName = "node-2", Cause = LossCause.RingFull, Count = 8 });
        var cursor = _log.OpenCursor(new EventFilter { NodeName = { "node-1" } }, LogPosition.Oldest);
        var replay = await ArchiveReplay.StartAsync(_archive, _log, cursor, TimeProvider.System, CancellationToken.None);

        var losses = await replay.ReadAsync(new PooledBuffer(), 10, MaxBytes, CancellationToken.None);

        Assert.That(losses!.Single().Count, Is.EqualTo(7));
        Assert.That(await replay.ReadAsync(new PooledBuffer(), 10, MaxBytes, CancellationToken.None), Is.Empty);
        var asked = _archive.AskedForLosses.Single().Logs;
        Assert.That((asked.HasOthers, asked.Parts.Single()), Is.EqualTo((true, new RunPart(LogEpoch, 0, (ulong)cursor.Position))));
    }

    [Test]
    public async Task Replay_ArchiveFails_SaysSoAndGoesOnByItsToken()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(20_000, new Random(1));
        _archive.MaxPage = 100;
        var cursor = _log.OpenCursor(null, LogPosition.Oldest);
        var replay = await ArchiveReplay.StartAsync(_archive, _log, cursor, TimeProvider.System, CancellationToken.None);
        Assert.That(await ReadAsync(replay, 1000), Is.True);
        _archive.Problem = "on holiday";

        Assert.That(() => ReadAsync(replay, 1000), Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));

        _archive.Problem = null;
        Assert.That(ReplayToken.TryParse(replay.Token, out var token), Is.True);
        cursor = _log.OpenCursor(null, LogPosition.Oldest);
        replay = await ArchiveReplay.ResumeAsync(_archive, _log, cursor, token!, TimeProvider.System, CancellationToken.None);
        while (await ReadAsync(replay, 1000))
        {
        }

        await DrainAsync(cursor, replay, int.MaxValue);
        Assert.That(_delivered, Is.Unique);
        Assert.That(_delivered, Is.EquivalentTo(_produced.Keys));
    }

    [Test]
    public void Replay_WriterDoesNotWrite_IsAFailure()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(20_000, new Random(1));
        _archive.WrittenPosition = 0;
        _archive.Problem = "on holiday";
        var cursor = _log.OpenCursor(null, LogPosition.Oldest);

        Assert.That(
            () => ArchiveReplay.StartAsync(_archive, _log, cursor, TimeProvider.System, CancellationToken.None),
            Throws.InstanceOf<ArchiveException>().With.Message.EqualTo(ArchiveException.NotWritten));

        // The stream goes on without it, and says what is missing.
        Assert.That(cursor.StopsAtGaps, Is.False);
    }

    [Test]
    public async Task Token_CursorHasGoneOnAndWasLeftBehind_IsBehindWhatTheCursorDelivered()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(20_000, new Random(1));
        var cursor = _log.OpenCursor(null, LogPosition.Oldest);
        var replay = await ArchiveReplay.StartAsync(_archive, _log, cursor, TimeProvider.System, CancellationToken.None);
        while (await ReadAsync(replay, 1000))
        {
        }

        await DrainAsync(cursor, replay, 10);
        agent.Produce(20_000, new Random(2));
        Assert.That(replay.IsNeeded, Is.True);

        // A client that leaves before anything is read from the archive again.
        Assert.That(ReplayToken.TryParse(replay.Token, out var token), Is.True);
        cursor = _log.OpenCursor(null, LogPosition.Oldest);
        replay = await ArchiveReplay.ResumeAsync(_archive, _log, cursor, token!, TimeProvider.System, CancellationToken.None);
        while (await ReadAsync(replay, 1000))
        {
        }

        await DrainAsync(cursor, replay, int.MaxValue);
        Assert.That(_delivered, Is.Unique);
        Assert.That(_delivered, Is.EquivalentTo(_produced.Keys));
    }

    [Test]
    public async Task Replay_ArchiveIsAwayAndNothingHasLeft_WhatLeavesTheLogLaterIsALoss()
    {
        _archive = new FakeArchive { StartUnixNanos = Start + 1000 * Step, Problem = "on holiday" };
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(200, new Random(1));
        using var cores = new QueryCores();
        var queries = new ArchivedQueries(_log, cores, new ArchiveSource(_archive), new MonitorServerOptions());
        var since = Start - 1000 * Step;
        var cursor = _log.OpenCursor(new EventFilter { Since = UnixNanos.ToTimestamp(since) }, LogPosition.Since(since));

        Assert.That(await queries.ReplayAsync(cursor, CancellationToken.None), Is.Null);

        agent.Produce(20_000, new Random(2));
        var losses = 0L;
        for (var isAtEnd = false; !isAtEnd;)
        {
            var buffer = new PooledBuffer();
            var batch = cursor.ReadBatch(buffer, 1000, MaxBytes);
            _delivered.AddRange(Ids(buffer));
            losses += batch.Losses.Sum(loss => (long)loss.Count);
            isAtEnd = batch.AtEnd;
        }

        Assert.That(losses, Is.Positive);
        Assert.That(losses + _delivered.Count, Is.EqualTo(_produced.Count));
    }

    [Test]
    public async Task Stream_EventsLeaveTheLogBeforeTheyAreRead_NoWatermarkBeforeThem()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(100, new Random(1));
        var messages = await StreamAsync(new TimeThatPasses(() => agent.Produce(20_000, new Random(2))), 20_100);

        var last = messages.FindLastIndex(message => message.Events.Count > 0);
        Assert.That(messages.Take(last).Select(message => message.Watermark), Is.All.Null);
        Assert.That(messages.SelectMany(message => message.Events).Select(made => made.Id), Is.Unique);
    }

    [Test]
    public async Task Stream_ArchiveTakesLong_SendsEmptyMessagesMeanwhile()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(100, new Random(1));

        var messages = await StreamAsync(TimeProvider.System, 20_100, TimeSpan.FromMilliseconds(20), message =>
        {
            if (message == 0)
            {
                _archive.WrittenPosition = 0;
                agent.Produce(20_000, new Random(2));
            }
            else if (message == 5)
            {
                _archive.WrittenPosition = long.MaxValue;
            }
        });

        Assert.That(messages.Skip(1).Take(5).Sum(message => message.Events.Count), Is.Zero);
        Assert.That(messages.SelectMany(message => message.Events).Select(made => made.Id), Is.Unique);
    }

    [Test]
    public async Task Stream_FirstMessage_HasTheLossesThatItsTokenIsBehind()
    {
        var agent = new Agent(this, 10, "node-1");
        agent.Connect();
        agent.Produce(20_000, new Random(1));
        _archive.Losses.Add(new Loss { NodeName = "node-1", Cause = LossCause.RingFull, Count = 7 });
        var messages = await StreamAsync(TimeProvider.System, 20_000);

        Assert.That(messages[0].Losses.Single().Count, Is.EqualTo(7));
        Assert.That(ReplayToken.TryParse(messages[0].ResumeToken, out _), Is.True);
        Assert.That(messages.Sum(message => message.Losses.Count), Is.EqualTo(1));
    }

    [Test]
    public void Token_AnyText_IsReadOrRefused([Range(1, 200)] int seed)
    {
        var random = new Random(seed);
        var token = new ReplayToken
        {
            Since = random.NextInt64(),
            LogEpoch = (ulong)random.NextInt64(),
            Position = random.NextInt64(),
            Runs = new ArchiveRuns(
                [.. Enumerable.Range(0, random.Next(4)).Select(number => new RunPart((ulong)number, (ulong)number, ulong.MaxValue - (ulong)number))],
                HasOthers: false),
            Last = random.Next(2) == 0 ? null : new EventKey(random.NextInt64(), 3, ulong.MaxValue),
        };
        var text = token.ToString();

        Assert.That(ReplayToken.TryParse(text, out var read), Is.True);
        Assert.That(read!.Runs.Parts, Is.EqualTo(token.Runs.Parts));
        Assert.That(read with { Runs = token.Runs }, Is.EqualTo(token));
        Assert.That(ReplayToken.TryParse(text[..^random.Next(1, text.Length)], out _), Is.False);
        Assert.That(ReplayToken.TryParse("", out _), Is.False);
    }

    private async Task<List<StreamEventsResponse>> StreamAsync(
        TimeProvider time, int events, TimeSpan? heartbeat = null, Action<int>? sent = null)
    {
        using var cores = new QueryCores();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var cursor = _log.OpenCursor(null, LogPosition.Oldest);
        var plan = new StreamPlan
        {
            Cursor = cursor,
            Replay = await ArchiveReplay.StartAsync(_archive, _log, cursor, TimeProvider.System, CancellationToken.None),
            MaxEvents = 1000,
            MaxDelay = TimeSpan.Zero,
            AgentStatus = false,
            CountsLosses = true,
        };
        var writer = new Messages(events, end, sent);
        var agents = new AgentsReader(null, new MonitorServerOptions { Time = time });
        using var stream = new EventStream(
            plan, writer, agents, cores, TimeProvider.System, heartbeat ?? TimeSpan.FromSeconds(5), sendsObjects: true, CancellationToken.None);
        await stream.RunAsync(end.Token);
        Assert.That(writer.All.Sum(message => message.Events.Count), Is.EqualTo(events));
        return writer.All;
    }

    private async Task<bool> ReadAsync(ArchiveReplay replay, int maxEvents)
    {
        var buffer = new PooledBuffer();
        if (await replay.ReadAsync(buffer, maxEvents, MaxBytes, CancellationToken.None) is null)
        {
            return false;
        }

        _delivered.AddRange(Ids(buffer));
        return true;
    }

    private async Task DrainAsync(EventCursor cursor, ArchiveReplay replay, int batches)
    {
        for (var isAtEnd = false; !isAtEnd && batches > 0; batches--)
        {
            while (replay.IsNeeded && await ReadAsync(replay, 500))
            {
            }

            var buffer = new PooledBuffer();
            var batch = cursor.ReadBatch(buffer, 100, MaxBytes);
            Assert.That(batch.Losses, Is.Empty);
            _delivered.AddRange(Ids(buffer));
            isAtEnd = batch.AtEnd && !replay.IsNeeded;
        }
    }

    private static List<string> Ids(PooledBuffer buffer)
    {
        var ids = new List<string>();
        foreach (var encoded in new EncodedEventReader(buffer.Written))
        {
            ids.Add(Event.Parser.ParseFrom(encoded.Span).Id);
        }

        return ids;
    }

    /// <summary>Cancels once it has all events.</summary>
    private sealed class Messages(int events, CancellationTokenSource end, Action<int>? sent) : IServerStreamWriter<StreamEventsResponse>
    {
        private int _events;

        public List<StreamEventsResponse> All { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public async Task WriteAsync(StreamEventsResponse message)
        {
            sent?.Invoke(All.Count);
            All.Add(message);
            _events += message.Events.Count;
            if (_events >= events)
            {
                await end.CancelAsync();
            }
        }

        public Task WriteAsync(StreamEventsResponse message, CancellationToken cancellationToken) => WriteAsync(message);
    }

    /// <summary>Something happens when it is asked for the first time.</summary>
    private sealed class TimeThatPasses(Action happens) : TimeProvider
    {
        private bool _hasPassed;

        public override DateTimeOffset GetUtcNow()
        {
            if (!_hasPassed)
            {
                _hasPassed = true;
                happens();
            }

            return base.GetUtcNow();
        }
    }

    /// <summary>A run of an agent: what it produces goes into the log once it is connected, and into the archive.</summary>
    private sealed class Agent(ArchiveReplayTests test, ulong epoch, string node)
    {
        private readonly List<Event> _made = [];
        private Origin? _origin;

        /// <summary>Into the archive alone, by an earlier aggregator.</summary>
        public void Write(int count, Random random)
        {
            for (; count > 0; count--)
            {
                test._archive.Add(Make(random).ToByteArray());
            }
        }

        /// <summary>The log goes on behind what was made so far.</summary>
        public void Connect() => _origin = test._log.AddOrigin(epoch, node, new OriginPoint(_made.Count, _made.Count));

        /// <summary>The log takes in what was made so far.</summary>
        public void ConnectWithAll()
        {
            _origin = test._log.AddOrigin(epoch, node, new OriginPoint(0, 0));
            Append(_made, 0);
        }

        public void Produce(int count, Random random)
        {
            var before = _made.Count;
            Append([.. Enumerable.Range(0, count).Select(_ => Make(random))], before);
            foreach (var made in _made.Skip(before))
            {
                test._archive.Add(made.ToByteArray());
            }
        }

        private void Append(IReadOnlyList<Event> events, int before)
        {
            test._log.AppendFrom(_origin!, new OriginPoint(before, before));
            foreach (var made in events)
            {
                var bytes = made.ToByteArray();
                Assert.That(EventColumns.TryParse(bytes, test._log.Types, out var columns) && test._log.Append(columns, bytes), Is.True);
            }

            test._log.Publish();
        }

        private Event Make(Random random)
        {
            var sequence = (ulong)_made.Count + 1;
            var made = new Event
            {
                Id = EventId.Format(epoch, sequence),
                Type = "connection",
                Sequence = sequence,
                Time = UnixNanos.ToTimestamp(Start + test._produced.Count * Step + random.Next(-20_000_000, 20_000_000)),
                NodeName = node,
                Command = "a command of some length, so that the log is soon full",
            };
            _made.Add(made);
            test._produced.Add(made.Id, made);
            return made;
        }
    }
}
