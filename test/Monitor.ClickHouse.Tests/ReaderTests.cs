using Google.Protobuf;
using Monitor.ClickHouse.Reading;
using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.ClickHouse.Tests;

/// <summary>What is read from the tables is what the log itself answers.</summary>
public sealed class ReaderTests
{
    // What a client may put into a filter, and a node into an event.
    private static readonly string[] Hostile =
    [
        "'", "\\", "\\'", "'; DROP TABLE events; --", "' OR 1 = 1 --", "a' UNION ALL SELECT 1 --", "{type:String}", "{}", "%", "_", "\t", "\n", "\r\n",
        "\0", "\\n", "\\0", "\\N", "NULL", "a\tb\nc", "[']", "','", "\"", "`events`", "ünï", "\U0001F980", "/* */", "$1", "?", "&param_type=x", "a b+c%20d",
        "]", "[", "',]", "\\x41", "\\b\\f", "()", ")--",
    ];

    private CurrentEngine _engine = null!;
    private ArchiveServer _server = null!;
    private ArchiveReader _reader = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await CurrentEngine.StartNewAsync();
        _server = new ArchiveServer(_engine.Options);
        _reader = new ArchiveReader(_server);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _server?.Dispose();
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    [Test]
    public async Task List_RandomFilters_FindsWhatTheLogFinds([Range(1, 2)] int seed)
    {
        var random = new Random(seed);
        using var log = await FilledAsync(RandomEvents(random, 2000));
        var matches = 0;
        for (var round = 0; round < 150; round++)
        {
            var filter = TestEvents.RandomFilter(random, TestLog.RecentStart, TestLog.RecentStart + 2000);
            var limit = random.Next(1, 3000);
            using var expected = log.Query(new EventQuery { Filter = filter, Limit = limit });

            var found = await ListAsync(expected.Filter, limit);

            Assert.That(found.TotalCount, Is.EqualTo(expected.TotalCount), filter.ToString());
            Assert.That(found.Events.Select(row => Convert.ToHexString(row.Encoded.Span)), Is.EqualTo(EncodedOf(expected)), filter.ToString());
            Assert.That(found.HasMore, Is.EqualTo(expected.NextPageToken.Length > 0));
            Assert.That(found.OldestTimeUnixNanos, Is.EqualTo(expected.OldestTimeUnixNanos));
            matches += found.Events.Count;
        }

        Assert.That(matches, Is.GreaterThan(5_000));
    }

    [Test]
    public async Task Summarize_RandomFilters_CountsWhatTheLogCounts([Range(1, 2)] int seed)
    {
        var random = new Random(seed);
        using var log = await FilledAsync(RandomEvents(random, 3000).Where(made =>
            made.Type != "packet_drop" || made.PacketDrop is not null).Select(made =>
            {
                if (made.Connection is not null)
                {
                    made.Type = "connection";
                    if (random.Next(3) == 0)
                    {
                        made.Connection.Error = random.Next(10) == 0 ? new string('x', 64 + random.Next(3)) : Hostile[random.Next(Hostile.Length)];
                    }
                }
                else if (made.PacketDrop is not null)
                {
                    made.Type = "packet_drop";
                    made.PacketDrop.Reason = random.Next(3) == 0 ? "" : Hostile[random.Next(Hostile.Length)];
                }

                return made;
            }).ToList());
        for (var round = 0; round < 60; round++)
        {
            var filter = TestEvents.RandomFilter(random, TestLog.RecentStart, TestLog.RecentStart + 3000);
            filter.Type.Clear();
            filter.Type.Add(random.Next(2) == 0 ? "connection" : "packet_drop");
            TimeSpan? interval = random.Next(2) == 0 ? null : TimeSpan.FromTicks(1 + random.Next(10));
            var expected = log.Summarize(filter, interval);

            var found = await _reader.SummarizeAsync(expected.Filter, interval, CancellationToken.None);

            Assert.That((found.Count, found.FailedCount), Is.EqualTo((expected.Count, expected.FailedCount)), filter.ToString());
            Assert.That(found.ByNode, Is.EquivalentTo(expected.ByNode));
            Assert.That(found.ByOutcome, Is.EquivalentTo(expected.ByOutcome));
            Assert.That(found.ByError, Is.EquivalentTo(expected.ByError));
            Assert.That(found.ByReason, Is.EquivalentTo(expected.ByReason));
            Assert.That(found.Intervals.Select(Texts), Is.EqualTo(expected.Intervals.Select(Texts)));
        }
    }

    private static string Texts(SummaryInterval part) =>
        $"{part.StartUnixNanos} {part.Count} {part.FailedCount} "
        + string.Join(',', part.ByError.Concat(part.ByReason).OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value}"));

    [Test]
    public async Task List_HostileTexts_AreTextsAndNothingElse()
    {
        var events = Hostile.Select((text, index) => Named(text, index + 1)).ToList();
        using var log = await FilledAsync(events);
        foreach (var (text, index) in Hostile.Select((text, index) => (text, index)))
        {
            foreach (var filter in new EventFilter[]
            {
                new() { Command = { text } }, new() { K8SPodName = { text, "none" }, NodeName = { text } },
                new() { DestinationName = { text }, Type = { text }, PeerServiceName = { text } },
            })
            {
                var found = await ListAsync(EventFilterPlan.Compile(filter).Canonical, 100);

                Assert.That(found.Events.Select(row => row.Key.Sequence), Is.EqualTo(new[] { (ulong)index + 1 }), text);
            }
        }

        var all = await ListAsync(EventFilterPlan.Compile(new EventFilter { Command = { Hostile } }).Canonical, 100);
        Assert.That(all.TotalCount, Is.EqualTo(Hostile.Length));
        Assert.That(await _engine.CountAsync("SELECT count() FROM events FINAL"), Is.EqualTo(Hostile.Length));
    }

    [Test]
    public async Task List_FilterWithAsManyValuesAsThereMayBe_IsAnswered()
    {
        using var log = await FilledAsync([.. TestLog.Connections(1, 10)]);
        var filter = new EventFilter();
        for (var value = 0; value < ContractLimits.MaxFilterValues; value++)
        {
            filter.Command.Add($"command-{value}-{new string('x', 200)}");
            filter.SourceIp.Add($"10.{value / 250}.{value % 250}.0/24");
            filter.ConnectionId.Add((ulong)value);
        }

        Assert.That((await ListAsync(EventFilterPlan.Compile(filter).Canonical, 100)).TotalCount, Is.Zero);
    }

    [Test]
    public async Task List_InPages_NeitherRepeatsNorSkips()
    {
        // Of each nanosecond three, of different runs.
        var events = Enumerable.Range(0, 900).Select(index =>
            TestEvents.Connection((ulong)(index / 3) + 1, TestLog.RecentStart + index / 3, epoch: (ulong)(index % 3) + 1)).ToList();
        using var log = await FilledAsync(events);
        var found = new List<EventKey>();
        ArchivePage page;
        EventKey? after = null;
        do
        {
            page = await _reader.ListAsync(Query(new EventFilter(), 7, after), CancellationToken.None);
            Assert.That(page.TotalCount, Is.EqualTo(900));
            found.AddRange(page.Events.Select(row => row.Key));
            after = page.Events[^1].Key;
        }
        while (page.HasMore);

        Assert.That(found, Is.Unique);
        Assert.That(found, Has.Count.EqualTo(900));
        Assert.That(found, Is.Ordered.Descending);
    }

    [Test]
    public async Task List_LargeEvents_StopsAtTheBytes()
    {
        var events = TestLog.Connections(1, 50).ToList();
        foreach (var made in events)
        {
            made.Destination = new string('x', 60_000);
        }

        using var log = await FilledAsync(events);

        var page = await _reader.ListAsync(
            new ArchiveQuery { Filter = new EventFilter(), Before = long.MaxValue, Limit = 1000, MaxBytes = 1_000_000 }, CancellationToken.None);

        Assert.That(page.Events, Has.Count.EqualTo(16));
        Assert.That(page.HasMore, Is.True);
    }

    [Test]
    public async Task List_RowThatIsNoEvent_IsAnError()
    {
        using var log = await FilledAsync([.. TestLog.Connections(1, 3)]);
        await _engine.AskAsync($"INSERT INTO events (time, event) VALUES (fromUnixTimestamp64Nano({TestLog.RecentStart + 5}, 'UTC'), 'garbage')");

        Assert.That(() => ListAsync(new EventFilter(), 100), Throws.InstanceOf<InvalidDataException>());
    }

    [Test]
    public async Task List_PartsOfRunsOldestFirst_AreThose([Range(1, 3)] int seed)
    {
        var random = new Random(seed);
        var events = Enumerable.Range(0, 3000).Select(index =>
            TestEvents.Connection((ulong)index / 5 + 1, TestLog.RecentStart + index / 2, epoch: (ulong)(index % 5) + 1)).ToList();
        using var log = await FilledAsync(events);
        for (var round = 0; round < 20; round++)
        {
            // Many that nobody has: more numbers than fit in one parameter.
            var parts = Enumerable.Range(2, random.Next(3) == 0 ? 12_000 : 3).Select(epoch => PartOf((ulong)epoch, random)).ToList();
            var runs = new ArchiveRuns(parts, random.Next(2) == 0);
            var expected = events.Where(made => IsIn(runs, made)).Select(made => made.Id)
                .ToHashSet();
            var found = new List<(EventKey Key, string Id)>();
            ArchivePage page;
            EventKey? after = null;
            do
            {
                page = await _reader.ListAsync(
                    new ArchiveQuery
                    {
                        Filter = new EventFilter(),
                        Runs = runs,
                        OldestFirst = true,
                        After = after,
                        Limit = 700,
                        MaxBytes = 1 << 20,
                        Counts = false,
                    },
                    CancellationToken.None);
                found.AddRange(page.Events.Select(row => (row.Key, Event.Parser.ParseFrom(row.Encoded.Span).Id)));
                after = page.Events.Count == 0 ? after : page.Events[^1].Key;
            }
            while (page.HasMore);

            Assert.That(found.Select(row => row.Key), Is.Ordered.Ascending);
            Assert.That(found.Select(row => row.Id), Is.EquivalentTo(expected));
            var last = await _reader.ListRunsAsync(runs, TestLog.RecentStart + 100, CancellationToken.None);
            Assert.That(last, Is.EquivalentTo(events
                .Where(made => UnixNanos.From(made.Time) >= TestLog.RecentStart + 100 && IsIn(runs, made))
                .GroupBy(made => EpochOf(made)).ToDictionary(run => run.Key, run => run.Max(made => made.Sequence))));
        }
    }

    [Test]
    public async Task List_FieldsOfOwnMonitors_AreReadFromTheEvents()
    {
        var events = Enumerable.Range(1, 50_000).Select(sequence => new Event
        {
            Id = EventId.Format(5, (ulong)sequence),
            Sequence = (ulong)sequence,
            Time = UnixNanos.ToTimestamp(TestLog.RecentStart + sequence),
            Type = "custom.io",
            Custom = new CustomDetail { Fields = { ["latency"] = new CustomValue { Number = (ulong)(sequence % 1000) } } },
        }).ToList();
        using var log = await FilledAsync(events);
        var filter = EventFilterPlan.Compile(new EventFilter { Field = { "latency=7" } }).Canonical;
        using var expected = log.Query(new EventQuery { Filter = filter, Limit = 30 });

        var page = await ListAsync(filter, 30);
        var rest = await _reader.ListAsync(Query(filter, 30, page.Events[^1].Key), CancellationToken.None);

        Assert.That(page.Events.Select(row => Convert.ToHexString(row.Encoded.Span)), Is.EqualTo(EncodedOf(expected)));
        Assert.That((page.HasMore, page.IsAtLeast, rest.HasMore, rest.IsAtLeast), Is.EqualTo((true, true, false, true)));
        Assert.That(page.Events.Count + rest.Events.Count, Is.EqualTo(50));
    }

    [Test]
    public async Task Find_AnId_IsThatEventWhereItMatches()
    {
        var events = TestLog.Connections(1, 20).ToList();
        using var log = await FilledAsync(events);
        var epoch = EpochOf(events[0]);

        var found = await _reader.FindAsync(epoch, 7, new EventFilter(), CancellationToken.None);

        Assert.That(found, Is.EqualTo(events[6].ToByteArray()));
        Assert.That(await _reader.FindAsync(epoch, 21, new EventFilter(), CancellationToken.None), Is.Null);
        Assert.That(await _reader.FindAsync(epoch + 1, 7, new EventFilter(), CancellationToken.None), Is.Null);
        Assert.That(await _reader.FindAsync(epoch, 7, new EventFilter { NodeName = { "none" } }, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Pids_OfAFilter_AreThoseOfItsEvents()
    {
        using var log = await FilledAsync(
            [.. Enumerable.Range(1, 500).Select(sequence => TestEvents.Connection((ulong)sequence, TestLog.RecentStart + sequence, pid: (uint)sequence % 40))]);

        var all = await _reader.ListPidsAsync(Query(new EventFilter(), 1), CancellationToken.None);
        var early = await _reader.ListPidsAsync(
            new ArchiveQuery { Filter = new EventFilter(), Before = TestLog.RecentStart + 4, Limit = 1, MaxBytes = 1 }, CancellationToken.None);

        Assert.That(all.Pids.Order(), Is.EqualTo(Enumerable.Range(0, 40)));
        Assert.That(early.Pids.Order(), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(all.HasMore, Is.False);
    }

    [Test]
    public async Task Losses_OfTwoLogs_AreSummedByWhatTheyAreOf()
    {
        await _engine.CreateTablesAsync();
        var time = TestLog.RecentStart;
        foreach (var epoch in new ulong[] { 7, 8 })
        {
            using var log = TestLog.Create(epoch: epoch);
            log.Add(TestLog.Connections(1, 10));
            // The same by both, as aggregators report what an agent says; and one of each.
            log.AppendLoss(new Loss { NodeName = "a\tb", Cause = LossCause.RingFull, Count = 17, LastTime = UnixNanos.ToTimestamp(time) });
            log.AppendLoss(new Loss { NodeName = "a\tb", Cause = LossCause.RingFull, Count = epoch, FirstTime = UnixNanos.ToTimestamp(time) });
            log.AppendLoss(new Loss { NodeName = "b", Type = "connection", Cause = LossCause.Evicted });
            log.Add(TestLog.Connections(11, 10));
            log.AppendLoss(new Loss { NodeName = "c", Cause = (LossCause)99, Count = 1 });
            log.Publish();
            await using var writer = new RunningWriter(log, _engine);
            await writer.ForAllAsync();
        }

        var all = await LossesAsync(new ArchiveRuns([], HasOthers: true));
        var one = await LossesAsync(new ArchiveRuns([new RunPart(7, 0, 13)], HasOthers: false));
        var later = await LossesAsync(new ArchiveRuns([new RunPart(7, 13, 100), new RunPart(8, 11, 11)], HasOthers: false));
        var earlier = await LossesAsync(new ArchiveRuns([new RunPart(7, 0, 100)], HasOthers: false), until: time);

        Assert.That(all.Single(loss => loss.NodeName == "a\tb"), Is.EqualTo(new Loss
        {
            NodeName = "a\tb",
            Cause = LossCause.RingFull,
            Count = 32,
            FirstTime = UnixNanos.ToTimestamp(time),
            LastTime = UnixNanos.ToTimestamp(time),
        }));
        Assert.That(all.Single(loss => loss.NodeName == "b"), Is.EqualTo(new Loss { NodeName = "b", Type = "connection", Cause = LossCause.Evicted }));
        Assert.That(all.Single(loss => loss.NodeName == "c").Cause, Is.EqualTo((LossCause)99));
        Assert.That(one.Select(loss => (loss.NodeName, loss.Count)), Is.EquivalentTo(new[] { ("a\tb", 24ul), ("b", 0ul) }));
        Assert.That(later.Select(loss => loss.NodeName), Is.EqualTo(new[] { "c" }));
        Assert.That(earlier, Is.Empty);
    }

    private Task<IReadOnlyList<Loss>> LossesAsync(ArchiveRuns logs, long until = long.MaxValue) => _reader.ListLossesAsync(
        new ArchiveLossQuery { Logs = logs, Since = TestLog.RecentStart, Until = until }, CancellationToken.None);

    private static bool IsIn(ArchiveRuns runs, Event made)
    {
        var part = runs.Parts.Where(part => part.Epoch == EpochOf(made)).Cast<RunPart?>().SingleOrDefault();
        return part is null ? runs.HasOthers : made.Sequence > part.Value.After && made.Sequence <= part.Value.UpTo;
    }

    private static ulong EpochOf(Event made) => EventId.TryParse(made.Id, out var epoch, out _) ? epoch : 0;

    private static RunPart PartOf(ulong epoch, Random random)
    {
        var after = (ulong)random.Next(600);
        return new RunPart(epoch, after, random.Next(4) == 0 ? after : after + (ulong)random.Next(600));
    }

    private static Event Named(string text, int sequence)
    {
        var made = TestEvents.Connection((ulong)sequence, TestLog.RecentStart + sequence);
        made.Command = text;
        made.Type = text;
        made.NodeName = text;
        made.K8SPodName = text;
        made.DestinationName = text;
        made.PeerServiceName = text;
        return made;
    }

    // Without a time they are of 1970, and past every TTL.
    private static List<Event> RandomEvents(Random random, int count) => [.. Enumerable.Range(1, count)
        .Select(sequence => TestEvents.Random(random, (ulong)sequence, TestLog.RecentStart + sequence)).Where(made => made.Time is not null)];

    private static IEnumerable<string> EncodedOf(QueryResult result)
    {
        var parsed = new ListEventsResponse();
        parsed.MergeFrom(result.Events.Span);
        return parsed.Events.Select(made => Convert.ToHexString(made.ToByteArray()));
    }

    private static ArchiveQuery Query(EventFilter filter, int limit, EventKey? after = null) => new()
    {
        Filter = filter,
        Before = long.MaxValue,
        After = after,
        Limit = limit,
        MaxBytes = ContractLimits.MaxResponseEventBytes,
    };

    private Task<ArchivePage> ListAsync(EventFilter filter, int limit) => _reader.ListAsync(Query(filter, limit), CancellationToken.None);

    // The same events in the log and, twice, in the tables.
    private async Task<EventLog> FilledAsync(IReadOnlyList<Event> events)
    {
        await _engine.CreateTablesAsync();
        var log = TestLog.Create();
        log.Add(events);
        await using var writer = new RunningWriter(log, _engine);
        await writer.ForAllAsync();
        using var other = TestLog.Create(epoch: 8);
        other.Add(events);
        await using var again = new RunningWriter(other, _engine);
        await again.ForAllAsync();
        return log;
    }
}
