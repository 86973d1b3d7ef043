using System.Globalization;
using Google.Protobuf;
using Monitor.ClickHouse.Tables;
using Monitor.Events.Tests;
using Monitor.V1;

namespace Monitor.ClickHouse.Tests;

/// <summary>What holds with every engine: each test runs with both.</summary>
[TestFixture(typeof(CurrentEngine))]
[TestFixture(typeof(OldEngine))]
public sealed class WriterTests(Type kind)
{
    private Engine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync() =>
        _engine = kind == typeof(OldEngine) ? await OldEngine.StartNewAsync() : await CurrentEngine.StartNewAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    [SetUp]
    public Task EmptyAsync() => _engine.CreateTablesAsync();

    [Test]
    public async Task Writer_EventsOfALog_AreInserted()
    {
        using var log = TestLog.Create();
        log.Add(TestLog.Connections(1, 1000));
        await using var writer = new RunningWriter(log, _engine);
        log.Add(TestLog.Connections(1001, 500));

        await writer.ForAllAsync();

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(writer.Status.Inserted, Is.EqualTo(1500));
            Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(1500));
            Assert.That(await _engine.AskAsync("SELECT min(sequence), max(sequence), uniqExact(sequence) FROM events"), Is.EqualTo("1\t1500\t1500"));
        });
    }

    [Test]
    public async Task Writer_RandomEvents_ComeBackByteForByte()
    {
        var random = new Random(5);
        var events = Enumerable.Range(1, 2000).Select(sequence => TestEvents.Random(random, (ulong)sequence, TestLog.RecentStart + sequence)).ToList();
        using var log = TestLog.Create();
        log.Add(events);
        await using var writer = new RunningWriter(log, _engine);

        await writer.ForAllAsync();

        // Without a time, an event is of 1970, and past every TTL.
        var timed = events.Where(made => made.Time is not null).ToList();
        var found = (await _engine.AskAsync($"SELECT lower(hex(event)) FROM events WHERE time >= {Time(TestLog.RecentStart)} ORDER BY sequence")).Split('\n');
        Assert.That(found, Is.EqualTo(timed.Select(made => Convert.ToHexStringLower(made.ToByteArray()))));
    }

    [Test]
    public async Task Writer_TwoLogsWithTheSameEvents_EachIsThereOnce()
    {
        using var first = TestLog.Create(epoch: 1);
        using var second = TestLog.Create(epoch: 2);
        first.Add(TestLog.Connections(1, 700));
        second.Add(TestLog.Connections(301, 700));
        await using (var one = new RunningWriter(first, _engine))
        await using (var other = new RunningWriter(second, _engine))
        {
            await one.ForAllAsync();
            await other.ForAllAsync();
        }

        Assert.That(await _engine.CountAsync("SELECT count() FROM (SELECT sequence FROM events FINAL)"), Is.EqualTo(1000));
        await _engine.AskAsync("OPTIMIZE TABLE events FINAL");
        Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(1000));
    }

    [Test]
    public async Task Writer_ServerIsKilledAndComesBack_NothingIsMissingOrThereTwice()
    {
        using var log = TestLog.Create();
        await using var writer = new RunningWriter(log, _engine);
        log.Add(TestLog.Connections(1, 100));
        await writer.ForAllAsync();

        for (var outage = 1; outage <= 3; outage++)
        {
            // In the middle of inserts.
            var adding = Task.Run(() =>
            {
                for (var part = 0; part < 50; part++)
                {
                    log.Add(TestLog.Connections(outage * 1000 + part * 10, 10));
                    Thread.Yield();
                }
            });
            _engine.Kill();
            await adding;
            await Waiting.ForAsync("the writer to notice", () => writer.Status.Problem is not null);
            Assert.That(writer.Status.Waiting, Is.GreaterThan(0));
            await _engine.StartAsync();
            await writer.ForAllAsync();
        }

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(writer.Status.Retries, Is.GreaterThan(0));
            Assert.That(writer.Status.Evicted, Is.Zero);
            Assert.That(await _engine.CountAsync("SELECT uniqExact(sequence) FROM events"), Is.EqualTo(1600));
            Assert.That(await _engine.CountAsync("SELECT count() FROM (SELECT sequence FROM events FINAL)"), Is.EqualTo(1600));
            Assert.That(await _engine.CountAsync("SELECT count() FROM losses"), Is.Zero);
        });
    }

    [Test]
    public async Task Writer_OutageLongerThanTheLog_WhatIsMissingIsWrittenAsALoss()
    {
        const int Total = 40_000;
        using var log = TestLog.Create(retentionBytes: 1 << 20);
        log.Add(TestLog.Connections(1, 100));
        await using var writer = new RunningWriter(log, _engine);
        await writer.ForAllAsync();
        _engine.Kill();

        // The log takes what comes at its own pace, whatever becomes of the writer.
        log.Add(TestLog.Connections(101, Total - 100));
        await Waiting.ForAsync("the writer to notice", () => writer.Status.Problem is not null);
        await _engine.StartAsync();
        await writer.ForAllAsync();

        var stored = await _engine.CountAsync("SELECT uniqExact(sequence) FROM events");
        var lost = await _engine.CountAsync("SELECT sum(count) FROM losses WHERE cause = 'EVICTED' AND node_name = ''");
        Assert.Multiple(() =>
        {
            Assert.That(writer.Status.Evicted, Is.EqualTo(lost));
            Assert.That(lost, Is.GreaterThan(Total / 2));
            Assert.That(stored + lost, Is.EqualTo(Total));
        });
    }

    [Test]
    public async Task Writer_LossesOfTheLog_AreWrittenInTheirPlaceOnce()
    {
        using var log = TestLog.Create();
        log.Add(TestLog.Connections(1, 10));
        log.AppendLoss(new Loss { NodeName = "node-1", Type = "connection", Cause = LossCause.RingFull, Count = 17 });
        log.AppendLoss(new Loss { NodeName = "node'; DROP TABLE events --", Cause = LossCause.RateLimited, Count = 3 });
        log.Add(TestLog.Connections(11, 10));
        await using (var writer = new RunningWriter(log, _engine))
        {
            await writer.ForAllAsync();
        }

        Assert.That(
            await _engine.AskAsync("SELECT log_epoch, node_name, type, cause, count FROM losses FINAL ORDER BY position, number FORMAT TabSeparatedRaw"),
            Is.EqualTo("7\tnode-1\tconnection\tRING_FULL\t17\n7\tnode'; DROP TABLE events --\t\tRATE_LIMITED\t3"));
        Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(20));
    }

    [Test]
    public async Task Writer_WrongPassword_SaysSoAndTheLogGoesOn()
    {
        using var log = TestLog.Create(retentionBytes: 1 << 20);
        await using var writer = new RunningWriter(log, _engine.OptionsWith("wrong"), _engine.Dialect);

        log.Add(TestLog.Connections(1, 20_000));

        await Waiting.ForAsync("the writer to be refused", () => writer.Status.Retries > 2);
        Assert.That(writer.Status.Problem, Does.Contain("assword").Or.Contain("Authentication"));
        Assert.That(log.GetStatistics().Appended, Is.EqualTo(20_000));
    }

    [Test]
    public async Task Writer_TablesAreMissing_SaysWhatToDoAndBeginsOnceTheyAreThere()
    {
        await _engine.AskAsync("DROP TABLE losses");
        using var log = TestLog.Create();
        log.Add(TestLog.Connections(1, 10));
        await using var writer = new RunningWriter(log, _engine);

        await Waiting.ForAsync("the check of the tables", () => writer.Status.Retries > 0);

        Assert.That(writer.Status.Problem, Is.EqualTo($"database monitor: there is no table losses: {SchemaCheck.Remedy}"));
        await _engine.CreateTablesAsync();
        await writer.ForAllAsync();
        Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(10));
    }

    private string Time(long nanos) => kind == typeof(OldEngine)
        ? nanos.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"fromUnixTimestamp64Nano({nanos}, 'UTC')");
}
