using System.Net;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Exporting;

/// <summary>What an export has, and how it is asked for.</summary>
internal sealed class ExportTests
{
    private static readonly Uri Path = new("/api/events/export", UriKind.Relative);

    [Test]
    public async Task Ndjson_OfEveryKindOfEvent_HasTheLinesThatTheListHas()
    {
        await using var server = await TestServer.StartAsync();
        Everything.Append(server.Source);

        using var file = await ExportedFile.SaveAsync(server.Http, "ndjson");

        var listed = await ExportedFile.ListAsync(server);
        var lines = file.Lines().ToList();
        Assert.That(listed, Has.Count.EqualTo(Everything.Count));
        Assert.That(lines, Has.Count.EqualTo(listed.Count));
        foreach (var (line, one) in lines.Zip(listed))
        {
            Assert.That(JsonNode.DeepEquals(line, one), Is.True, $"{line}\n{one}");
        }
    }

    [Test]
    public async Task Ndjson_ReadByDuckDb_HasTheEventsOfTheList()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(3000);
        server.Source.Append(500, "packet_drop", made => made.PacketDrop = new PacketDropDetail { Reason = "NO_SOCKET", Length = 60 });

        using var file = await ExportedFile.SaveAsync(server.Http, "ndjson");

        var listed = await ExportedFile.ListAsync(server);
        var read = Duck.Query(file.FullName, "SELECT id, type, sequence, packet_drop.reason AS reason FROM read_ndjson(FILE) ORDER BY CAST(sequence AS UBIGINT)");
        Assert.That(read.Select(row => row["id"]), Is.EqualTo(listed.Select(one => one["id"]!.GetValue<string>())));
        Assert.That(read.Count(row => (string?)row["reason"] == "NO_SOCKET"), Is.EqualTo(500));
    }

    [Test]
    public async Task Parquet_OfEveryKindOfEvent_HasTheListsEventsAsJsonAndInColumns()
    {
        await using var server = await TestServer.StartAsync();
        Everything.Append(server.Source);

        using var file = await ExportedFile.SaveAsync(server.Http, "parquet");

        var listed = await ExportedFile.ListAsync(server);
        var read = Duck.Query(file.FullName, "SELECT * FROM read_parquet(FILE)");
        Assert.That(read, Has.Count.EqualTo(listed.Count));
        foreach (var (row, one) in read.Zip(listed))
        {
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse((string)row["event"]!), one), Is.True, $"{row["event"]}\n{one}");
            Everything.AssertColumns(row, one);
        }
    }

    [Test]
    public async Task Parquet_ReadByDuckDb_AnswersQueriesByItsColumns()
    {
        await using var server = await TestServer.StartAsync();
        Everything.Append(server.Source);

        using var file = await ExportedFile.SaveAsync(server.Http, "parquet");

        Assert.That(
            Duck.Value(file.FullName, "SELECT count(*) FROM FILE WHERE time >= TIMESTAMPTZ '2026-01-01 00:00:00.002Z' AND failed"),
            Is.EqualTo((await ExportedFile.ListAsync(server, "&failed=true&since=2026-01-01T00:00:00.002Z")).Count));
        Assert.That(Duck.Value(file.FullName, "SELECT typeof(time) FROM FILE LIMIT 1"), Is.EqualTo("TIMESTAMP WITH TIME ZONE"));
        Assert.That(Duck.Value(file.FullName, "SELECT sum(bytes_sent)::BIGINT FROM FILE"), Is.EqualTo(123_456_789_004));
        Assert.That(Duck.Value(file.FullName, "SELECT handshake_time_seconds FROM FILE WHERE error = 'ECONNREFUSED' AND type = 'connection'"), Is.EqualTo(0.0015));
        Assert.That(
            Duck.Value(file.FullName, "SELECT event->>'$.custom.fields.path.text' FROM FILE WHERE type = 'opens'"), Is.EqualTo("/etc/\"passwd\"\n\u00e4"));
    }

    // Readers leave out groups of rows by the least and greatest value that the file says they have.
    [Test]
    public async Task Parquet_OfSeveralGroups_SaysOfEachWhatIsInIt()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 64 << 20);
        string[] commands = ["z\ufffd", "z\U0001f600", "a", "\u00e9"];
        server.Source.Append(60_000, change: made =>
        {
            made.Command = commands[made.Sequence % 4];
            made.ConnectionId = made.Sequence << 32;
            made.Pid = (uint)made.Sequence << 16;
        });

        using var file = await ExportedFile.SaveAsync(server.Http, "parquet");

        Assert.That(Duck.Value(file.FullName, "SELECT count(DISTINCT row_group_id) FROM parquet_metadata(FILE)"), Is.GreaterThan(2));
        foreach (var command in commands)
        {
            Assert.That(Duck.Value(file.FullName, $"SELECT count(*) FROM FILE WHERE command = '{command}'"), Is.EqualTo(15_000), command);
        }

        for (var sequence = 1L; sequence <= 60_000; sequence += 14_999)
        {
            var expected = new object[] { (ulong)sequence };
            var time = DateTimeOffset.FromUnixTimeMilliseconds(EventSource.Start / 1_000_000 + sequence).ToString("O");
            foreach (var condition in new[] { $"time = TIMESTAMPTZ '{time}'", $"connection_id = {sequence << 32}", $"pid = {(uint)(sequence << 16)}" })
            {
                Assert.That(
                    Duck.Query(file.FullName, $"SELECT sequence FROM FILE WHERE {condition} ORDER BY sequence LIMIT 1").Select(row => row["sequence"]),
                    condition.StartsWith("pid", StringComparison.Ordinal) ? Has.Exactly(1).Items : Is.EqualTo(expected),
                    condition);
            }
        }

        var ranges = Duck.Query(
            file.FullName,
            "SELECT stats_min_value AS low, stats_max_value AS high FROM parquet_metadata(FILE) WHERE path_in_schema = 'time' ORDER BY row_group_id");
        Assert.That(ranges[0]["low"], Is.EqualTo("2026-01-01 00:00:00.001+00"));
        Assert.That(ranges[^1]["high"], Is.EqualTo("2026-01-01 00:01:00+00"));
    }

    [TestCase("ndjson")]
    [TestCase("parquet")]
    public async Task Export_OfAnEmptyLog_IsAWholeFile(string format)
    {
        await using var server = await TestServer.StartAsync();

        using var file = await ExportedFile.SaveAsync(server.Http, format);

        Assert.That(format == "ndjson" ? file.Lines().Count() : Duck.Value(file.FullName, "SELECT count(*) FROM read_parquet(FILE)"), Is.Zero);
    }

    [Test]
    public async Task Export_OfAWindowAndAFilter_HasWhatTheListHas(
        [Values("ndjson", "parquet")] string format,
        [Values(
            "&since=2026-01-01T00:00:01.5Z&until=2026-01-01T00:00:02.5Z", "&until=2026-01-01T00:00:00.1Z", "&type=packet_drop", "&failed=false&since=2026-01-01T00:00:03Z",
            "&command=nobody", "&since=2030-01-01T00:00:00Z")] string query)
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            server.Source.Append(90);
            server.Source.Append(10, "packet_drop", made => made.PacketDrop = new PacketDropDetail { Reason = "NO_SOCKET" });
        }

        using var file = await ExportedFile.SaveAsync(server.Http, format, query);

        var ids = format == "ndjson"
            ? file.Lines().Select(line => line["id"]!.GetValue<string>())
            : Duck.Query(file.FullName, "SELECT id FROM read_parquet(FILE)").Select(row => (string)row["id"]!);
        Assert.That(ids, Is.EqualTo((await ExportedFile.ListAsync(server, query)).Select(one => one["id"]!.GetValue<string>())));
    }

    [Test]
    public async Task Export_WithoutAnEnd_EndsWithTheRequest()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(5);
        server.Source.Append(1, change: made => made.Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(1)));
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                server.Source.Append(1000, change: made => made.Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(10)));
                await Task.Yield();
            }
        });

        using var file = await ExportedFile.SaveAsync(server.Http, "ndjson");

        await stop.CancelAsync();
        await writing;
        Assert.That(file.Events().Count(), Is.EqualTo(5));
    }

    [Test]
    public async Task Export_OfALogWithLosses_HasThemAtTheirPlace()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(3);
        server.Source.AppendLoss(7);
        server.Source.Append(2);
        server.Source.AppendLoss(11);

        using var lines = await ExportedFile.SaveAsync(server.Http, "ndjson");
        using var file = await ExportedFile.SaveAsync(server.Http, "parquet");

        Assert.That(
            lines.Lines().Select(line => line["sequence"]?.GetValue<string>() ?? "loss " + line["loss"]!["count"]!.GetValue<string>()),
            Is.EqualTo(new[] { "1", "2", "3", "loss 7", "4", "5", "loss 11" }));
        Assert.That(lines.Lines().ElementAt(3)["loss"]!["cause"]!.GetValue<string>(), Is.EqualTo("LOSS_CAUSE_RING_FULL"));
        var rows = Duck.Query(file.FullName, "SELECT sequence, loss_count, loss, event FROM read_parquet(FILE)");
        Assert.That(
            rows.Select(row => row["sequence"] ?? "loss " + row["loss_count"]),
            Is.EqualTo(new object[] { 1UL, 2UL, 3UL, "loss 7", 4UL, 5UL, "loss 11" }));
        Assert.That(rows.Select(row => row["event"] is null), Is.EqualTo(rows.Select(row => row["loss"] is not null)));
        Assert.That(
            JsonNode.DeepEquals(JsonNode.Parse((string)rows[3]["loss"]!), lines.Lines().ElementAt(3)["loss"]), Is.True);
        var metadata = Duck.Query(file.FullName, "SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(FILE)")
            .ToDictionary(row => (string)row["key"]!, row => (string)row["value"]!);
        Assert.That((metadata["monitor.events"], metadata["monitor.losses"], metadata["monitor.node_name"]), Is.EqualTo(("5", "2", "node-1")));
        Assert.That(JsonNode.Parse(metadata["monitor.filter"])!["until"]!.GetValue<string>(), Does.StartWith(metadata["monitor.request_time"][..19]));
    }

    [Test]
    public async Task Export_OfWhatHasLeftTheLog_BeginsWithALoss()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 1 << 20);
        const int Total = 50_000;
        server.Source.Append(Total);
        var oldest = (await ExportedFile.ListAsync(server))[0];

        using var all = await ExportedFile.SaveAsync(server.Http, "ndjson");
        using var since = await ExportedFile.SaveAsync(server.Http, "ndjson", $"&since={oldest["time"]}");
        using var before = await ExportedFile.SaveAsync(server.Http, "ndjson", "&since=2026-01-01T00:00:00Z");
        using var elsewhere = await ExportedFile.SaveAsync(server.Http, "ndjson", "&node_name=node-2");

        var first = all.Lines().First()["loss"]!;
        Assert.That((first["cause"]!.GetValue<string>(), first["node_name"]!.GetValue<string>()), Is.EqualTo(("LOSS_CAUSE_EVICTED", "node-1")));
        Assert.That(int.Parse(first["count"]!.GetValue<string>(), null) + all.Events().Count(), Is.EqualTo(Total));
        Assert.That(since.Lines().Count(), Is.EqualTo(all.Events().Count()), "nothing of this window has left the log");
        Assert.That(before.Lines().First()["loss"]!["count"]!.GetValue<string>(), Is.EqualTo("0"), "how many is not known");
        Assert.That(elsewhere.Lines(), Is.Empty);
    }

    [Test]
    public async Task Export_ByAcceptOrParameter_SaysWhatItIs(
        [Values(null, "ndjson", "parquet")] string? format,
        [Values(null, "*/*", "application/vnd.apache.parquet", "application/x-ndjson;q=0.5, Application/vnd.apache.Parquet", "text/csv")] string? accept,
        [Values] bool isHead)
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(1);
        using var request = new HttpRequestMessage(isHead ? HttpMethod.Head : HttpMethod.Get, Path + (format is null ? "" : "?format=" + format));
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await server.Http.SendAsync(request);

        var expected = format ?? (accept?.Contains("parquet", StringComparison.OrdinalIgnoreCase) == true ? "parquet" : "ndjson");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo(expected == "parquet" ? "application/vnd.apache.parquet" : "application/x-ndjson"));
        Assert.That(response.Content.Headers.ContentDisposition!.FileName, Does.Match($"^\"?events-node-1-[0-9]{{8}}T[0-9]{{6}}Z\\.{expected}\"?$"));
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.That(System.Text.Encoding.Latin1.GetString(body), isHead ? Is.Empty : expected == "parquet" ? Does.StartWith("PAR1").And.EndsWith("PAR1") : Does.StartWith("{ \"id\":").And.EndsWith("}\n"));
        Assert.That(server.OpenStreams, Is.Zero);
    }

    [TestCase("format=csv", "format", "'csv' must be ndjson or parquet")]
    [TestCase("format=Parquet", "format", "'Parquet' must be ndjson or parquet")]
    [TestCase("format=ndjson&format=parquet", "format", "takes one value")]
    [TestCase("limit=5", "limit", "unknown parameter 'limit'")]
    [TestCase("since=yesterday", "since", "must be a time in RFC 3339")]
    [TestCase("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until", "until")]
    [TestCase("source_ip=nowhere&format=parquet", "source_ip", "nowhere")]
    [TestCase("field=latency%3E1ms", "field", "latency")]
    public async Task Export_OfABadRequest_Answers400ThatSaysWhatIsAccepted(string query, string field, string expected)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync(Path + "?" + query);

        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(error["message"]!.GetValue<string>(), Does.Contain(expected));
        Assert.That(error["details"]![0]!["fieldViolations"]![0]!["field"]!.GetValue<string>(), Is.EqualTo(field));
        Assert.That(response.Content.Headers.ContentDisposition, Is.Null);
    }

    [Test]
    public async Task Export_OverGrpc_HasTheSameBytes()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(2000);
        using var file = await ExportedFile.SaveAsync(server.Http, "ndjson");
        var client = new ExportService.ExportServiceClient(server.OpenChannel());
        using var call = client.ExportEvents(new ExportEventsRequest());

        using var bytes = new MemoryStream();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            Assert.That(message.Body.ContentType, Is.EqualTo("application/x-ndjson"));
            message.Body.Data.WriteTo(bytes);
        }

        Assert.That(bytes.ToArray(), Is.EqualTo(await File.ReadAllBytesAsync(file.FullName)));
    }
}
