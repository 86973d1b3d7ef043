using System.Buffers;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Monitor.ClickHouse.Tables;
using Monitor.Events;
using Monitor.Events.Tests;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.ClickHouse.Tests;

/// <summary>What only an engine of today can do: the tables of the file that users run.</summary>
public sealed class CurrentEngineTests
{
    private CurrentEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _engine = await CurrentEngine.StartNewAsync();

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
    public async Task Schema_OfTheFile_HasAllThatIsWritten()
    {
        Assert.That(await ProblemAsync(), Is.Null);
        Assert.That(
            await _engine.AskAsync("SELECT arrayStringConcat(groupArray(name), ' ') FROM (SELECT name FROM system.columns WHERE database = 'monitor' AND table = 'events' AND default_kind = '' ORDER BY position)"),
            Is.EqualTo(string.Join(' ', ArchiveTable.Events.Columns.Select(column => column.Name))));
    }

    [Test]
    public async Task Schema_AnotherType_IsNamedWithTheRemedy()
    {
        await _engine.AskAsync("ALTER TABLE events MODIFY COLUMN pid Nullable(UInt64)");
        await _engine.AskAsync("ALTER TABLE events DROP COLUMN reason");

        Assert.That(
            await ProblemAsync(),
            Is.EqualTo(
                "database monitor: events.pid is Nullable(UInt64) and must be Nullable(UInt32); events has no column reason "
                + $"LowCardinality(String): {SchemaCheck.Remedy}"));
    }

    [Test]
    public async Task Schema_CompressionAndTimeToLive_AreThoseOfTheFile()
    {
        Assert.That(
            await _engine.AskAsync("SELECT compression_codec FROM system.columns WHERE database = 'monitor' AND table = 'events' AND name = 'time'"),
            Is.EqualTo("CODEC(Delta(8), ZSTD(1))"));
        Assert.That(
            await _engine.AskAsync("SELECT partition_key, sorting_key, engine_full LIKE '%TTL toDateTime(time) + toIntervalDay(30)%' FROM system.tables WHERE database = 'monitor' AND name = 'events'"),
            Is.EqualTo("toDate(time)\ttime, epoch, sequence\t1"));
    }

    [Test]
    public async Task Insert_AgainWithItsToken_AddsNoRow()
    {
        var rows = Rows(TestLog.Connections(1, 100));
        using var server = new ArchiveServer(_engine.Options);

        await server.InsertAsync(ArchiveTable.Events, rows, "7-0", CancellationToken.None);
        await server.InsertAsync(ArchiveTable.Events, rows, "7-0", CancellationToken.None);
        Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(100));

        // With another they are rows until parts are merged, and one to who reads them.
        await server.InsertAsync(ArchiveTable.Events, rows, "8-0", CancellationToken.None);
        Assert.That(await _engine.CountAsync("SELECT count() FROM events FINAL"), Is.EqualTo(100));
    }

    [Test]
    public async Task Insert_TimesOfHundredsOfDays_TakesThemAll()
    {
        var events = Enumerable.Range(0, 400).Select(day => TestEvents.Connection((ulong)day + 1, TestLog.RecentStart + day * 86_400_000_000_000)).ToList();
        using var log = TestLog.Create();
        log.Add(events);
        await using var writer = new RunningWriter(log, _engine);

        await writer.ForAllAsync();

        Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(400));
    }

    [Test]
    public async Task Insert_TimesThatNobodyCanMean_KeepNothingElseOut()
    {
        // What a clock, or an agent that means harm, can say: the years 1 to 9999.
        long[] times = [long.MinValue, long.MinValue + 1, -1, 0, 1, 4_102_444_800_000_000_000, 7_258_118_400_000_000_000, long.MaxValue - 1, long.MaxValue];
        var events = times.Select((time, index) => TestEvents.Connection((ulong)index + 1, time)).Append(TestEvents.Connection(100, TestLog.RecentStart)).ToList();
        using var log = TestLog.Create();
        log.Add(events);
        await using var writer = new RunningWriter(log, _engine);

        await writer.ForAllAsync();

        Assert.That(await _engine.CountAsync("SELECT count() FROM events WHERE sequence = 100"), Is.EqualTo(1));
    }

    [Test]
    public async Task Insert_EventPastItsTime_IsNotKept()
    {
        using var log = TestLog.Create();
        log.Add(TestEvents.Connection(1, TestLog.RecentStart - 31 * 86_400_000_000_000), TestEvents.Connection(2, TestLog.RecentStart));
        await using var writer = new RunningWriter(log, _engine);
        await writer.ForAllAsync();

        await _engine.AskAsync("OPTIMIZE TABLE events FINAL");

        Assert.That(await _engine.AskAsync("SELECT groupArray(sequence) FROM events"), Is.EqualTo("[2]"));
    }

    [Test]
    public async Task Columns_OfRandomEvents_AreTheirFields()
    {
        var random = new Random(11);
        var events = Enumerable.Range(1, 3000).Select(sequence => TestEvents.Random(random, (ulong)sequence, TestLog.RecentStart + sequence))
            .Where(made => made.Time is not null).ToList();
        using var log = TestLog.Create();
        log.Add(events);
        await using var writer = new RunningWriter(log, _engine);
        await writer.ForAllAsync();

        var found = await _engine.AskAsync(
            "SELECT id, toUnixTimestamp64Nano(time), type, failed, node_name, pid, command, k8s_node_name, k8s_pod_name, k8s_namespace, "
            + "k8s_workload_name, peer_pod_name, peer_namespace, peer_workload_name, peer_service_name, peer_node_name, source_ip, source_port, "
            + "destination_ip, destination_port, destination_name, protocol, connection_id, outcome, error, reason "
            + "FROM events ORDER BY sequence FORMAT TabSeparatedRaw");

        Assert.That(found.Split('\n'), Is.EqualTo(events.Select(Line)));
    }

    private static string Line(Event made) => string.Join('\t',
    [
        made.Id, Text(UnixNanos.From(made.Time)!.Value), made.Type, made.ReportsFailure() ? "true" : "false", made.NodeName,
        made.HasPid ? Text(made.Pid) : "\\N", made.Command, made.K8SNodeName, made.K8SPodName, made.K8SNamespace, made.K8SWorkloadName,
        made.PeerPodName, made.PeerNamespace, made.PeerWorkloadName, made.PeerServiceName, made.PeerNodeName,
        Address(made.HasSourceIp, made.SourceIp), made.HasSourcePort ? Text(made.SourcePort) : "\\N",
        Address(made.HasDestinationIp, made.DestinationIp), made is { HasDestinationPort: true, DestinationPort: <= 65_535 } ? Text(made.DestinationPort) : "\\N",
        made.DestinationName, made.Protocol == "6" ? "TCP" : made.Protocol, made.HasConnectionId ? Text(made.ConnectionId) : "\\N",
        made.Connection is { } connection ? EventDetail.NameOf(connection.Outcome) : "",
        made.Connection?.Error ?? made.Close?.Error ?? "", made.PacketDrop?.Reason ?? made.Reset?.Reason ?? "",
    ]);

    private static string Text<T>(T number)
        where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Address(bool has, string text) =>
        has && IPAddress.TryParse(text, out var address) ? address.MapToIPv6().ToString() : "\\N";

    private static ReadOnlySequence<byte> Rows(IEnumerable<Event> events)
    {
        var output = new ArrayBufferWriter<byte>();
        var rows = new EventRows(new EventTypeTable());
        foreach (var made in events)
        {
            rows.Write(made.ToByteArray(), output);
        }

        return new ReadOnlySequence<byte>(output.WrittenMemory);
    }

    private async Task<string?> ProblemAsync()
    {
        using var server = new ArchiveServer(_engine.Options);
        return await SchemaCheck.FindProblemAsync(server, Engine.Database, CancellationToken.None);
    }
}
