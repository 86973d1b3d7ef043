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
                        made.Connection.Error = Hostile[random.Next(Hostile.Length)];
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
