using System.Diagnostics;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Metrics;

/// <summary>What /metrics has.</summary>
internal sealed class MetricsTests
{
    [Test]
    public async Task Network_OfEventsOfEveryType_IsCountedAndPassesPromtool()
    {
        await using var server = await TestServer.StartAsync();
        AppendEveryType(server);

        var metrics = await MetricText.OfAsync(server.Http);

        const string Of = "node=\"node-1\",namespace=\"shop\",workload=\"Deployment/cart\"";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics[$"monitor_connection_attempts_total{{{Of},outcome=\"connected\"}}"], Is.EqualTo(4));
            Assert.That(metrics[$"monitor_connection_attempts_total{{{Of},outcome=\"failed\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_connection_failures_total{{{Of},error=\"ECONNREFUSED\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_connection_handshake_duration_seconds_bucket{{{Of},le=\"0.0003\"}}"], Is.EqualTo(3), "a bound is in its bucket");
            Assert.That(metrics[$"monitor_connection_handshake_duration_seconds_bucket{{{Of},le=\"0.001\"}}"], Is.EqualTo(3));
            Assert.That(metrics[$"monitor_connection_handshake_duration_seconds_bucket{{{Of},le=\"+Inf\"}}"], Is.EqualTo(4));
            Assert.That(metrics[$"monitor_connection_handshake_duration_seconds_count{{{Of}}}"], Is.EqualTo(4));
            Assert.That(metrics[$"monitor_connection_handshake_duration_seconds_sum{{{Of}}}"], Is.EqualTo(20.0009).Within(1e-9));
            Assert.That(metrics["monitor_packet_drops_total{node=\"node-1\",namespace=\"\",workload=\"\",reason=\"NO_SOCKET\",severity=\"suspicious\"}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_connection_accepts_total{{{Of},outcome=\"accepted\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_connection_closes_total{{{Of},direction=\"inbound\",cause=\"remote_reset\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_connection_sent_bytes_total{{{Of},direction=\"inbound\"}}"], Is.EqualTo(12_345));
            Assert.That(metrics[$"monitor_connection_received_bytes_total{{{Of},direction=\"inbound\"}}"], Is.EqualTo(7));
            Assert.That(metrics[$"monitor_connection_retransmits_total{{{Of},direction=\"outbound\"}}"], Is.EqualTo(300));
            Assert.That(metrics[$"monitor_connection_resets_total{{{Of},direction=\"outbound\",sent=\"true\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_listen_overflows_total{{{Of}}}"], Is.EqualTo(9));
            Assert.That(metrics[$"monitor_dns_failures_total{{{Of},response_code=\"NXDOMAIN\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_dns_latency_seconds_count{{{Of}}}"], Is.EqualTo(1));
            Assert.That(metrics["monitor_network_counted_events_total"], Is.EqualTo(12));
            Assert.That(metrics["monitor_network_missed_events_total"], Is.Zero);
            Assert.That(metrics["monitor_log_events_total{type=\"connection\"}"], Is.EqualTo(5));
        }

        await metrics.CheckAsync();
    }

    [Test]
    public async Task Network_AfterMoreEvents_GoesOnCounting()
    {
        await using var server = await TestServer.StartAsync();
        for (var round = 1; round <= 3; round++)
        {
            server.Source.Append(100, change: e => e.Connection = new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Connected,
                HandshakeTime = new() { Nanos = 200_000 },
            });
            var metrics = await MetricText.OfAsync(server.Http);
            Assert.That(metrics.Sum("monitor_connection_attempts_total"), Is.EqualTo(100 * round));
            Assert.That(metrics.Sum("monitor_connection_handshake_duration_seconds_count"), Is.EqualTo(100 * round));
            Assert.That(metrics.Sum("monitor_connection_handshake_duration_seconds_sum"), Is.EqualTo(0.02 * round).Within(1e-9));
        }
    }

    [Test]
    public async Task Labels_OfAnyCharacters_ComeAndGo()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs = [FakePrograms.Active("a\0b", stored: 1), FakePrograms.Active("b", stored: 2, nodeName: "n\0a"), FakePrograms.Active("a\0b", stored: 4, nodeName: "n")];
        Assert.That((await MetricText.OfAsync(server.Http)).Sum("monitor_program_produced_events_total"), Is.EqualTo(7));

        server.Programs.Programs = [FakePrograms.Active("c", stored: 8)];

        var metrics = await MetricText.OfAsync(server.Http);
        Assert.That(metrics.Sum("monitor_program_produced_events_total"), Is.EqualTo(8));
    }

    [Test]
    public async Task OpenMetrics_ForWhoAsksForIt_EndsAsItMust()
    {
        await using var server = await TestServer.StartAsync();
        AppendEveryType(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");

        using var response = await server.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/openmetrics-text"));
            Assert.That(text, Does.EndWith("# EOF\n"));
            Assert.That(text, Does.Contain("# TYPE monitor_connection_attempts counter\n"));
        }
    }

    [Test]
    public async Task Balances_OfProgramsAndStreams_AreThoseOfTheStatistics()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs =
        [
            new Program
            {
                Name = "connection", NodeName = "node-1", Status = "active", KernelMemoryBytes = 4096,
                Counters = new ProgramCounters { Produced = 100, Filtered = 30, RateLimited = 20, Lost = 10, Undecodable = 5, Stored = 34, InFlight = 1 },
                Hooks = { new Hook { Name = "connect4", RunStats = new HookRunStats { RunCount = 7, RunTime = new() { Nanos = 500_000_000 } }, MissedRuns = 2 } },
            },
        ];
        using (var stream = server.Events.StreamEvents(new StreamEventsRequest { Type = { "connection" } }))
        {
            await stream.NextAsync();
            server.Source.Append(3);
            server.Source.Append(2, "packet_drop");
            await stream.ReadEventsAsync(3);
            await TestServer.WaitUntilAsync(() => MetricText.OfAsync(server.Http).Result.Sum("monitor_stream_events_total", "filtered") == 2, "both were filtered");
            var open = await MetricText.OfAsync(server.Http);
            Assert.That(open["monitor_streams"], Is.EqualTo(1));
            AssertStreams(open);
        }

        await server.WaitUntilClosedAsync();
        var metrics = await MetricText.OfAsync(server.Http);
        AssertStreams(metrics);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics["monitor_streams"], Is.Zero);
            Assert.That(metrics["monitor_program_produced_events_total{node=\"node-1\",program=\"connection\"}"], Is.EqualTo(100));
            Assert.That(
                metrics.Sum("monitor_program_events_total") + metrics.Sum("monitor_program_in_flight_events"),
                Is.EqualTo(metrics.Sum("monitor_program_produced_events_total")));
            Assert.That(metrics["monitor_program_events_total{node=\"node-1\",program=\"connection\",fate=\"lost\"}"], Is.EqualTo(10));
            Assert.That(metrics["monitor_program_status{node=\"node-1\",program=\"connection\",status=\"active\"}"], Is.EqualTo(1));
            Assert.That(metrics["monitor_hook_run_seconds_total{node=\"node-1\",program=\"connection\",hook=\"connect4\"}"], Is.EqualTo(0.5));
        }

        await metrics.CheckAsync();
    }

    [Test]
    public async Task Programs_WhoseCountersBeginAgain_BeginAgain()
    {
        await using var server = await TestServer.StartAsync();
        const string Series = "monitor_program_produced_events_total{node=\"node-1\",program=\"connection\"}";
        server.Programs.Programs = [FakePrograms.Active("connection", 100)];
        Assert.That((await MetricText.OfAsync(server.Http))[Series], Is.EqualTo(100));
        server.Programs.Programs = [FakePrograms.Active("connection", 3)];
        Assert.That((await MetricText.OfAsync(server.Http))[Series], Is.EqualTo(3));
        server.Programs.Programs = [];
        Assert.That((await MetricText.OfAsync(server.Http)).Has(Series), Is.False);
    }

    [Test]
    public async Task Links_OfAnAggregator_SayHowTheyAre()
    {
        var agents = new FakeAgents();
        agents.SetClock("node-a", TimeSpan.FromSeconds(-1.5), TimeSpan.FromMilliseconds(3));
        agents.Set("node-a", Agent.Types.State.Streaming);
        agents.Set("node-b", Agent.Types.State.BackingOff);
        agents.Set("node-a", Agent.Types.State.Duplicate, address: "other");
        await using var server = await TestServer.StartAsync(agents: agents);

        var metrics = await MetricText.OfAsync(server.Http);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics["monitor_link_up{node=\"node-a\"}"], Is.EqualTo(1));
            Assert.That(metrics["monitor_link_up{node=\"node-b\"}"], Is.Zero);
            Assert.That(metrics["monitor_link_state{node=\"node-b\",state=\"backing_off\"}"], Is.EqualTo(1));
            Assert.That(metrics.Sum("monitor_link_up", "node-a"), Is.EqualTo(1), "the duplicate is no link");
            Assert.That(metrics["monitor_link_clock_offset_seconds{node=\"node-a\"}"], Is.EqualTo(-1.5));
        }

        agents.Set("node-b", Agent.Types.State.Streaming);
        Assert.That((await MetricText.OfAsync(server.Http)).Has("monitor_link_state{node=\"node-b\",state=\"backing_off\"}"), Is.False);
        await metrics.CheckAsync();
    }

    [Test]
    public async Task Requests_OverBothTransports_AreMeasured()
    {
        await using var server = await TestServer.StartAsync();
        using (await server.Http.GetAsync("/api/stats"))
        using (await server.Http.GetAsync("/api/events?limit=none"))
        using (await server.Http.GetAsync("/no/such/path"))
        {
            await server.Status.GetStatsAsync(new GetStatsRequest());
        }

        var metrics = await MetricText.OfAsync(server.Http);

        const string Count = "monitor_request_duration_seconds_count";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics[Count + "{method=\"monitor.v1.StatusService.GetStats\",transport=\"rest\",status=\"200\"}"], Is.EqualTo(1));
            Assert.That(metrics[Count + "{method=\"monitor.v1.StatusService.GetStats\",transport=\"grpc\",status=\"0\"}"], Is.EqualTo(1));
            Assert.That(metrics[Count + "{method=\"monitor.v1.EventService.ListEvents\",transport=\"rest\",status=\"400\"}"], Is.EqualTo(1));
            Assert.That(metrics[Count + "{method=\"none\",transport=\"rest\",status=\"404\"}"], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Scrape_WithEveryMetricFull_IsBelow1MegabyteAnd50Milliseconds()
    {
        var agents = new FakeAgents();
        for (var i = 0; i < 500; i++)
        {
            agents.Set($"node-{i}.example.com", Agent.Types.State.Streaming);
        }

        await using var server = await TestServer.StartAsync(retentionBytes: 64 << 20, agents: agents);
        server.Programs.Programs = [.. Enumerable.Range(0, 500).SelectMany(node => new[] { "connection", "packet_drop", "accept", "close", "dns" }
            .Select(name => FakePrograms.Active(name, 1, $"node-{node}.example.com")))];
        for (var i = 0; i < 5000; i++)
        {
            AppendEveryType(server, $"a-namespace-{i % 100}", $"a-service-with-a-name-{i}");
        }

        await MetricText.OfAsync(server.Http);
        var fastest = TimeSpan.MaxValue;
        var bytes = 0;
        // Until the code is compiled for good, after 30 calls.
        for (var i = 0; i < 100 && fastest >= TimeSpan.FromMilliseconds(50); i++)
        {
            var start = Stopwatch.GetTimestamp();
            bytes = (await server.Http.GetByteArrayAsync("/metrics")).Length;
            fastest = TimeSpan.FromTicks(Math.Min(fastest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
        }

        TestContext.Out.WriteLine($"{bytes} bytes in {fastest.TotalMilliseconds:F1} ms");
        Assert.That(bytes, Is.LessThan(1_000_000));
        Assert.That(fastest, Is.LessThan(TimeSpan.FromMilliseconds(50)), "the fastest of 100: others use this machine too");
        var metrics = await MetricText.OfAsync(server.Http);
        Assert.That(metrics.Sum("monitor_connection_attempts_total"), Is.EqualTo(25_000), "what has no room is in the sum");
        Assert.That(metrics["monitor_metric_folded_total{metric=\"monitor_connection_attempts_total\"}"], Is.Positive);
        Assert.That(metrics.Sum("monitor_link_up"), Is.EqualTo(500));
        await metrics.CheckAsync();
    }

    [Test]
    public async Task Programs_OfANodeThatMakesUpMany_TakeNoSeriesFromOthers()
    {
        await using var server = await TestServer.StartAsync(agents: new FakeAgents());
        server.Programs.Programs =
        [
            .. Enumerable.Range(0, 64).Select(i => FakePrograms.Active($"fake-{i}", 1, "hostile")),
            .. Enumerable.Range(0, 5).SelectMany(node => new[] { "connection", "dns" }.Select(name => FakePrograms.Active(name, 1, $"node-{node}"))),
        ];

        var metrics = await MetricText.OfAsync(server.Http);

        for (var node = 0; node < 5; node++)
        {
            Assert.That(metrics[$"monitor_program_events_total{{node=\"node-{node}\",program=\"connection\",fate=\"stored\"}}"], Is.EqualTo(1));
            Assert.That(metrics[$"monitor_program_events_total{{node=\"node-{node}\",program=\"dns\",fate=\"lost\"}}"], Is.Zero);
        }

        Assert.That(metrics.Sum("monitor_program_events_total", "stored") + metrics.Sum("monitor_program_events_total", "program=\"other\""), Is.EqualTo(74));
    }

    [Test]
    public async Task Names_OfAnyLength_MakeNoLongScrape()
    {
        await using var server = await TestServer.StartAsync(agents: new FakeAgents());
        server.Programs.Programs = [.. Enumerable.Range(0, 64).Select(i => FakePrograms.Active(new string('"', 15_000 + i), 1, "hostile"))];

        var text = await server.Http.GetStringAsync("/metrics");

        Assert.That(text, Has.Length.LessThan(1_000_000));
        Assert.That(text, Does.Contain("monitor_program_events_total{node=\"hostile\",program=\"other\",fate=\"stored\"} 64\n"));
    }

    // Whose trace a count belongs to is not known: that of the scrape would be wrong.
    [Test]
    public async Task OpenMetrics_HasNoExemplars()
    {
        await using var server = await TestServer.StartAsync();
        AppendEveryType(server);
        server.Http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/openmetrics-text");
        await server.Http.GetStringAsync("/metrics");

        var text = await server.Http.GetStringAsync("/metrics");

        Assert.That(text, Does.EndWith("# EOF\n").And.Contain("monitor_request_duration_seconds_bucket{").And.Not.Contain(" # {"));
    }

    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317", true)]
    [TestCase("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://collector:4317", true)]
    [TestCase("OTEL_METRICS_EXPORTER=otlp", true)]
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_METRICS_EXPORTER=none", false)]
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_SDK_DISABLED=true", false)]
    [TestCase("OTEL_SERVICE_NAME=agent", false)]
    public void Otlp_ByTheStandardVariables_IsWanted(string variables, bool expected)
    {
        var given = variables.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.That(OtlpVariables.IsWanted(name => given.GetValueOrDefault(name)), Is.EqualTo(expected));
    }

    private static void AssertStreams(MetricText metrics) => Assert.That(
        metrics.Sum("monitor_stream_events_total") + metrics["monitor_stream_ahead_events"],
        Is.EqualTo(metrics["monitor_stream_stored_events_total"]).And.EqualTo(5));

    private static void AppendEveryType(TestServer server, string inNamespace = "shop", string workload = "cart")
    {
        void Add(string type, Action<Event> detail, int count = 1) => server.Source.Append(count, type, e =>
        {
            e.K8SNamespace = inNamespace;
            e.K8SWorkloadKind = "Deployment";
            e.K8SWorkloadName = workload;
            detail(e);
        });
        Add("connection", e => e.Connection = new() { Outcome = ConnectionDetail.Types.Outcome.Connected, HandshakeTime = new() { Nanos = 300_000 } }, 3);
        Add("connection", e => e.Connection = new() { Outcome = ConnectionDetail.Types.Outcome.Connected, HandshakeTime = new() { Seconds = 20 } });
        Add("connection", e => e.Connection = new() { Outcome = ConnectionDetail.Types.Outcome.Failed, Error = "ECONNREFUSED" });
        Add("accept", e => e.Accept = new() { Abandoned = false });
        Add("close", e => e.Close = new()
        {
            Cause = CloseDetail.Types.Cause.RemoteReset,
            Direction = ConnectionDirection.Inbound,
            BytesSent = 12_345,
            BytesReceived = 7,
        });
        Add("retransmit", e => e.Retransmit = new() { Direction = ConnectionDirection.Outbound, Count = 300 });
        Add("reset", e => e.Reset = new() { Direction = ConnectionDirection.Outbound, Sent = true });
        Add("listen_overflow", e => e.ListenOverflow = new() { Count = 9 });
        Add("dns", e => e.Dns = new() { Outcome = DnsDetail.Types.Outcome.Answered, ResponseCode = "NXDOMAIN", Latency = new() { Nanos = 5_000_000 } });
        server.Source.Append(1, "packet_drop", e => e.PacketDrop = new() { Reason = "NO_SOCKET", Severity = DropSeverity.Suspicious });
    }
}
