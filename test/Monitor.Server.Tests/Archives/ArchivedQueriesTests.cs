using Google.Protobuf;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Archives;

/// <summary>Lists and summaries that go on from the log into an archive.</summary>
internal sealed class ArchivedQueriesTests
{
    private const long Start = EventSource.Start;
    private const int Step = 1_000_000;

    private readonly QueryCores _cores = new();
    private readonly List<Event> _all = [];
    private EventLog _log = null!;
    private FakeArchive _archive = null!;
    private ArchivedQueries _queries = null!;

    [SetUp]
    public void Begin()
    {
        _all.Clear();
        _log = new EventLog(new EventLogOptions { RetentionBytes = EventLogOptions.MinRetentionBytes }, 1, TimeProvider.System);
        Use(new FakeArchive());
    }

    [TearDown]
    public void End() => _log.Dispose();

    [OneTimeTearDown]
    public void Dispose() => _cores.Dispose();

    [Test]
    public async Task List_EventsInLogAndArchiveAndBoth_ComeOnceAndInOrder([Range(1, 6)] int seed)
    {
        var random = new Random(seed);
        Use(new FakeArchive { StartUnixNanos = Start + 2000L * Step });
        // What an earlier run wrote; then what went through the log, some of it late; all of it is archived but the newest.
        for (var index = 0; index < 2000; index++)
        {
            _archive.Add(Make(index, index).ToByteArray());
        }

        for (var index = 2000; index < 14_000; index++)
        {
            var made = Make(index, random.Next(20) == 0 ? random.Next(index) : index, random.Next(3) == 0 ? "dns" : "connection");
            Append(made);
            if (index < 13_900)
            {
                _archive.Add(made.ToByteArray());
            }
        }

        var filter = new EventFilter();
        var type = random.Next(2) == 0;
        if (type)
        {
            filter.Type.Add("dns");
        }

        var limit = random.Next(1, 3) == 1 ? 1000 : random.Next(300, 5000);
        var listed = await AllPagesAsync(filter, limit);

        var expected = _all.Where(made => !type || made.Type == "dns").OrderByDescending(KeyOf).Select(made => made.Id).ToList();
        Assert.That(listed, Is.EqualTo(expected));
        Assert.That(_log.GetStatistics().Evicted, Is.GreaterThan(1000));
    }

    [Test]
    public async Task List_LogMovesOnBetweenPages_SkipsNothing()
    {
        Fill(0, 6000);
        var listed = new List<string>();
        var token = "";
        var next = 6000;
        do
        {
            var page = await ListAsync(new EventFilter(), 500, token);
            listed.AddRange(page.Ids);
            token = page.Token;
            Fill(next, 700);
            next += 700;
        }
        while (token.Length > 0);

        Assert.That(listed, Is.EqualTo(_all.Take(6000).OrderByDescending(KeyOf).Select(made => made.Id)));
    }

    [Test]
    public async Task List_PageThatTheLogFills_AsksNothing()
    {
        Fill(0, 10_000);

        var page = await ListAsync(new EventFilter(), 100, "");

        Assert.That(page.Ids, Has.Count.EqualTo(100));
        Assert.That(_archive.Asked, Is.Zero);
    }

    [Test]
    public async Task List_SinceBeforeTheLog_CountsAllOfIt()
    {
        Fill(0, 10_000);

        using var response = await _queries.ListAsync(new EventQuery { Filter = Since(1000), Limit = 10 }, CancellationToken.None);

        Assert.That(response.TotalCount, Is.EqualTo(9000));
        Assert.That(response.Filter, Is.EqualTo(Since(1000)));
        Assert.That(response.OldestTimeUnixNanos, Is.EqualTo(Start));
    }

    [Test]
    public void List_TokenThatSaysThatNothingIsLeft_IsRefused()
    {
        Fill(0, 10_000);
        var filter = Since(9990);
        var token = new ArchivePageToken { Filter = EventFilterPlan.Compile(filter).Fingerprint(), Last = new EventKey(Start, 7, 1), Log = null };

        Assert.That(
            () => ListAsync(filter, 10, token.ToString()),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.InvalidArgument));
    }

    [Test]
    public async Task List_SinceWithinTheLog_AsksNothing()
    {
        Fill(0, 10_000);

        Assert.That((await ListAsync(Since(9990), 100, "")).Ids, Has.Count.EqualTo(10));
        Assert.That(_archive.Asked, Is.Zero);
    }

    [Test]
    public async Task List_ArchiveIsAway_AnswersFromTheLogUnlessThatWereWrong()
    {
        Fill(0, 10_000);
        _archive.Problem = "on holiday";

        // Nobody asked for a time before.
        var stored = _log.GetStatistics().Appended - _log.GetStatistics().Evicted;
        Assert.That((await ListAsync(new EventFilter(), 10_000, "")).Ids, Has.Count.EqualTo(stored));
        Assert.That((await AllPagesAsync(new EventFilter { Type = { "dns" } }, 100)), Is.Empty);
        Assert.That((await ListAsync(Since(9990), 100, "")).Ids, Has.Count.EqualTo(10));

        Assert.That(
            () => ListAsync(Since(10), 100, ""),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable).And.Message.Contains("on holiday"));
        Assert.That(
            () => ListAsync(new EventFilter { Until = UnixNanos.ToTimestamp(Start + 10L * Step) }, 100, ""),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));
    }

    [Test]
    public async Task List_ArchiveGoesAwayWithinAList_IsUnavailableUntilItIsBack()
    {
        Fill(0, 10_000);
        var token = "";
        for (var page = 0; page < 15; page++)
        {
            (_, token) = await ListAsync(new EventFilter(), 500, token);
        }

        _archive.Problem = "on holiday";
        Assert.That(
            () => ListAsync(new EventFilter(), 500, token),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));

        _archive.Problem = null;
        Assert.That((await ListAsync(new EventFilter(), 500, token)).Ids[0], Is.EqualTo(_all[10_000 - 15 * 500 - 1].Id));
    }

    [TestCase(-1, "", "limit")]
    [TestCase(10_001, "", "limit")]
    [TestCase(5, "garbage", "page_token")]
    public void List_BadRequest_IsRefused(int limit, string token, string field) =>
        Assert.That(
            () => ListAsync(new EventFilter(), limit, token),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.InvalidArgument).And.Message.Contains(field));

    [Test]
    public async Task List_TokenOfAnotherFilter_IsRefused()
    {
        Fill(0, 10_000);
        var (_, token) = await ListAsync(new EventFilter(), 100, "");

        Assert.That(
            () => ListAsync(new EventFilter { Type = { "dns" } }, 100, token),
            Throws.InstanceOf<RpcException>().With.Message.Contains("another filter"));
    }

    [Test]
    public async Task Summarize_ReachesIntoTheArchive_CountsEachEventOnce()
    {
        Fill(0, 10_000);

        Assert.That((await _queries.SummarizeAsync(Since(4000), null, CancellationToken.None)).Count, Is.EqualTo(6000));
        Assert.That(_archive.Asked, Is.EqualTo(1));
        var parts = (await _queries.SummarizeAsync(Since(4000), TimeSpan.FromTicks(10), CancellationToken.None)).Intervals;
        Assert.That(parts.Sum(part => part.Count), Is.EqualTo(6000));
        Assert.That(parts.Select(part => part.StartUnixNanos), Is.Unique.And.Ordered);
        Assert.That(_archive.Asked, Is.EqualTo(2));
        Assert.That((await _queries.SummarizeAsync(Since(9990), null, CancellationToken.None)).Count, Is.EqualTo(10));
        Assert.That(_archive.Asked, Is.EqualTo(2));
    }

    [Test]
    public async Task Summarize_ArchiveHasErrorsThatWereMadeUp_CountsThemTogether()
    {
        Fill(0, 10_000);
        for (var number = 0; number < 500; number++)
        {
            _archive.Errors[$"made up {number} {new string('x', number)}"] = 2;
        }

        var errors = (await _queries.SummarizeAsync(Since(4000), null, CancellationToken.None)).ByError;

        Assert.That(errors, Has.Count.InRange(40, 65));
        Assert.That(errors.Keys.Max(name => name.Length), Is.LessThanOrEqualTo(NameCounts.MaxTextBytes));
        Assert.That(errors[NameCounts.Other], Is.EqualTo(1000 - 2 * (errors.Count - 1)));
    }

    [Test]
    public async Task Summarize_ArchiveIsAway_IsUnavailableWhereEventsHaveLeft()
    {
        Use(new FakeArchive { StartUnixNanos = Start + 100L * Step, Problem = "on holiday" });
        Fill(0, 200);
        Assert.That((await _queries.SummarizeAsync(Since(50), null, CancellationToken.None)).Count, Is.EqualTo(150));

        Fill(200, 9800);
        Assert.That(
            () => _queries.SummarizeAsync(Since(50), null, CancellationToken.None),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));
    }

    private static EventFilter Since(int index) => new() { Since = UnixNanos.ToTimestamp(Start + (long)index * Step) };

    private static EventKey KeyOf(Event made) => EventKey.Of(made.ToByteArray(), new EventTypeTable());

    private void Use(FakeArchive archive)
    {
        _archive = archive;
        _queries = new ArchivedQueries(_log, _cores, new ArchiveSource(archive), new MonitorServerOptions());
    }

    private Event Make(int index, int time, string type = "connection")
    {
        var made = new Event
        {
            Id = EventId.Format(7, (ulong)index + 1),
            Type = type,
            Sequence = (ulong)index + 1,
            // No two at one nanosecond.
            Time = UnixNanos.ToTimestamp(Start + (long)time * Step + (time == index ? 0 : index + 1)),
            NodeName = "node-1",
            Command = "a command of some length, so that the log is soon full",
        };
        _all.Add(made);
        return made;
    }

    private void Append(Event made)
    {
        var bytes = made.ToByteArray();
        Assert.That(EventColumns.TryParse(bytes, _log.Types, out var columns) && _log.Append(columns, bytes), Is.True);
        _log.Publish();
    }

    private void Fill(int first, int count)
    {
        for (var index = first; index < first + count; index++)
        {
            var made = Make(index, index);
            Append(made);
            _archive.Add(made.ToByteArray());
        }
    }

    private async Task<(List<string> Ids, string Token)> ListAsync(EventFilter filter, int limit, string token)
    {
        using var list = await _queries.ListAsync(new EventQuery { Filter = filter, Limit = limit, PageToken = token }, CancellationToken.None);
        var events = ListEventsResponse.Parser.ParseFrom(list.Events.Span).Events;
        Assert.That(events, Has.Count.EqualTo(list.Count).And.Count.LessThanOrEqualTo(limit));
        return ([.. events.Select(made => made.Id)], list.NextPageToken);
    }

    private async Task<List<string>> AllPagesAsync(EventFilter filter, int limit)
    {
        var listed = new List<string>();
        var token = "";
        do
        {
            var page = await ListAsync(filter, limit, token);
            listed.AddRange(page.Ids);
            token = page.Token;
        }
        while (token.Length > 0);

        return listed;
    }
}
