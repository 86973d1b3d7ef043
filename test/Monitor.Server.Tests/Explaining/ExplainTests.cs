using System.Net;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Server.Tests.Access;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Explaining;

/// <summary>What Explain refuses, leaves out and says that it does not know.</summary>
internal sealed class ExplainTests
{
    [TestCase("")]
    [TestCase("42")]
    [TestCase("0123456789abcdef")]
    [TestCase("0123456789ABCDEF-1")]
    [TestCase("0123456789abcdef-01")]
    [TestCase("0123456789abcdef--1")]
    [TestCase("0123456789abcdef-18446744073709551616")]
    [TestCase("0123456789abcdef-1' OR 1=1")]
    [TestCase("0123456789abcdeg-1\n")]
    public async Task Explain_AnIdThatIsNone_NamesTheField(string id)
    {
        await using var server = await TestServer.StartAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => new StoryLog(server).ExplainAsync(id));
        using var rest = await server.Http.GetAsync($"/api/explain?event_id={Uri.EscapeDataString(id)}");

        Assert.That(refused!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(refused.Status.Detail, Does.StartWith("event_id: ").And.Contain("0123456789abcdef-42"));
        Assert.That(rest.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await rest.Content.ReadAsStringAsync(), Does.Contain("\"field\":\"event_id\""));
    }

    [TestCase("0123456789abcdef-0")]
    [TestCase("0123456789abcdef-2")]
    [TestCase("0123456789abcdef-18446744073709551615")]
    [TestCase("ffffffffffffffff-1")]
    public async Task Explain_NoSuchEvent_SaysSinceWhenThereAreEvents(string id)
    {
        await using var server = await TestServer.StartAsync();
        new StoryLog(server).Attempt(1, 1);

        var missing = await Assert.ThrowsAsync<RpcException>(() => new StoryLog(server).ExplainAsync(id));
        using var rest = await server.Http.GetAsync($"/api/explain?event_id={id}");

        Assert.That(missing!.StatusCode, Is.EqualTo(StatusCode.NotFound));
        Assert.That(missing.Status.Detail, Does.Contain(id).And.Contain("the log reaches back to 2026-01-01T00:00:00.001Z"));
        Assert.That(rest.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Explain_WhenTheBeginningHasLeftTheLog_SaysSinceWhen()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: EventLogOptionsMin);
        var log = new StoryLog(server);
        var attempt = log.Attempt(1, 1);
        server.Source.Append(10_000, change: made => made.SourcePort = 1);
        var close = log.Close(20_000, 19_999, CloseDetail.Types.Cause.Remote);

        var gone = await Assert.ThrowsAsync<RpcException>(() => log.ExplainAsync(attempt));
        var story = await log.ExplainAsync(close);

        Assert.That(gone!.StatusCode, Is.EqualTo(StatusCode.NotFound));
        Assert.That(story.Steps.Single().EventId, Is.EqualTo(close));
        Assert.That(story.Unknown, Has.Some.Match("^The log reaches back to 2026-01-01T00:00:.*: what happened before has left it[.]$"));
        Assert.That(story.OldestTime, Is.Not.Null);
        Assert.That(story.Summary, Does.StartWith("The connection to 198.51.100.7:443 ended after 20.0 s; "));
    }

    [Test]
    public async Task Explain_ProgramsThatDoNotRun_AreNamedWhereTheyMatter()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs =
            [FakePrograms.Active("connection"), FakePrograms.Active("packet_drop"), FakePrograms.Active("dns"), FakePrograms.Failed("retransmit")];
        var log = new StoryLog(server);
        var slow = log.Attempt(1000, 1000);
        var quick = log.Attempt(1001, 1, connection: 8, change: made => made.SourcePort = 40001);

        Assert.That((await log.ExplainAsync(slow)).Unknown, Is.EqualTo(new[]
        {
            "The log begins at 2026-01-01T00:00:01.000Z: what happened before was not recorded.",
            "An agent knows its own node only: what the other side saw, an aggregator tells.",
            "Whether segments were sent again on node-1 is not known: the program retransmit is failed.",
        }));
        Assert.That((await log.ExplainAsync(quick)).Unknown, Has.None.Contains("retransmit"));
    }

    [Test]
    public async Task Explain_OnAnAggregator_SaysWhereNoAgentIsAndHowTheClocksDisagree()
    {
        var agents = new FakeAgents();
        agents.Set("node-1", Agent.Types.State.Streaming);
        agents.Set("node-2", Agent.Types.State.Streaming);
        agents.SetClock("node-1", TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        agents.SetClock("node-2", TimeSpan.FromMilliseconds(-1), TimeSpan.FromMilliseconds(2));
        await using var server = await TestServer.StartAsync(agents: agents);
        var log = new StoryLog(server);
        var lonely = log.Attempt(1, 1, change: made => (made.PeerNodeName, made.SourcePort) = ("node-3", 40001));
        var attempt = log.Attempt(1, 1, connection: 8);
        log.Accept(1, 0);

        Assert.That((await log.ExplainAsync(lonely)).Unknown, Does.Contain("node-3, where the connection leads to, has no agent."));
        Assert.That((await log.ExplainAsync(lonely)).OrderUncertainty, Is.Null);
        Assert.That((await log.ExplainAsync(attempt)).OrderUncertainty.ToTimeSpan(), Is.EqualTo(TimeSpan.FromMilliseconds(5)));
    }

    [Test]
    public async Task Explain_AStormOfRetransmits_CountsWhatEachEventStandsFor()
    {
        await using var server = await TestServer.StartAsync();
        var log = new StoryLog(server);
        var attempt = log.Attempt(1, 1);
        log.Retransmit(10, "ESTABLISHED", 1); // of an older agent
        log.Retransmit(20, "ESTABLISHED", 17, count: 16);

        var story = await log.ExplainAsync(attempt);

        Assert.That(story.Summary, Does.Contain("17 segments were sent again after the handshake."));
        Assert.That(story.Steps.Select(step => step.Text), Has.Some.StartsWith("16 times a segment is sent again in state ESTABLISHED"));
    }

    [Test]
    public async Task Explain_DropsOfBothSidesOnOneNode_AreThoseOfItsConnections()
    {
        await using var server = await TestServer.StartAsync();
        var log = new StoryLog(server);
        var attempt = log.Attempt(1, 1);
        log.Close(500, 499, CloseDetail.Types.Cause.Remote, connection: 8, inbound: true);
        var sent = log.Drop(10, "NETFILTER_DROP", "", "node-1", connection: 7);
        var received = log.Drop(20, "TCP_OLD_DATA", "", "node-1", connection: 8);
        var other = log.Drop(30, "TCP_OLD_DATA", "", "node-1", connection: 9);
        var nobodys = log.Drop(40, "NETFILTER_DROP", "", "node-1");

        var steps = (await log.ExplainAsync(attempt)).Steps.Select(step => step.EventId).ToList();

        Assert.That(steps, Is.SupersetOf(new[] { sent, received, nobodys }));
        Assert.That(steps, Has.No.Member(other));
    }

    [Test]
    public async Task Explain_MoreStepsThanThereIsRoomFor_LeavesOutTheMiddle()
    {
        await using var server = await TestServer.StartAsync();
        var log = new StoryLog(server);
        var attempt = log.Attempt(1, 1);
        for (var sent = 1u; sent <= 1500; sent++)
        {
            log.Retransmit(10 + sent, "ESTABLISHED", sent);
        }

        var close = log.Close(2000, 1999, CloseDetail.Types.Cause.TimedOut);

        var story = await log.ExplainAsync(attempt);

        Assert.That(story.Steps, Has.Count.EqualTo(200));
        Assert.That(story.Steps[^1].EventId, Is.EqualTo(close));
        Assert.That(story.Unknown, Does.Contain("There are more related events than were looked at: the newest ones were."));
        Assert.That(story.Unknown, Has.Some.Match("^Left out: 80[0-9] steps in the middle of the story[.]$"));
    }

    [Test]
    public async Task Explain_EventsOfAnyContent_AnswersOrRefuses()
    {
        await using var server = await TestServer.StartAsync();
        var log = new StoryLog(server);
        var random = new Random(11);
        var texts = new[] { "", "x", new string('é', 300), "a\nb\u0007", "10.0.0.1", "fe80::1%eth0", "0x7f000001", "node-1", "1", "0123456789abcdef-1" };
        var numbers = new[] { 0u, 1u, 443u, 70_000u, uint.MaxValue };
        string Text() => texts[random.Next(texts.Length)];
        for (var i = 0; i < 150; i++)
        {
            log.Add(random.Next(3), Text(), made =>
            {
                made.Time = random.Next(3) switch { 0 => null, 1 => new Timestamp { Seconds = 253_402_300_799 }, _ => made.Time };
                made.Command = Text();
                made.Protocol = random.Next(2) == 0 ? "TCP" : Text();
                made.K8SPodName = Text();
                made.SourceIp = Text();
                made.DestinationIp = Text();
                made.Destination = Text();
                made.SourcePort = numbers[random.Next(numbers.Length)];
                made.DestinationPort = numbers[random.Next(numbers.Length)];
                made.ConnectionId = (ulong)random.Next(3);
                made.PeerEventId = Text();
                // The log refuses longer and negative ones.
                var longest = new Duration { Seconds = 253_402_300_799 };
                var shortest = new Duration();
                var any = random.Next(3) switch { 0 => null, 1 => longest, _ => shortest };
                switch (random.Next(8))
                {
                    case 0: made.Connection = new ConnectionDetail { Outcome = (ConnectionDetail.Types.Outcome)random.Next(7), HandshakeTime = any, Error = Text() }; break;
                    case 1: made.Dns = new DnsDetail { Name = Text(), Latency = any, AnswerCount = uint.MaxValue, Answers = { Enumerable.Repeat("10.0.0.1", random.Next(1200)).Append(Text()) } }; break;
                    case 2: made.Accept = new AcceptDetail { AcceptQueueTime = any }; break;
                    case 3: made.Close = new CloseDetail { Cause = (CloseDetail.Types.Cause)random.Next(12), Duration = any, BytesSent = ulong.MaxValue }; break;
                    case 4: made.Retransmit = new RetransmitDetail { State = Text(), Retransmits = uint.MaxValue }; break;
                    case 5: made.Reset = new ResetDetail { Reason = Text() }; break;
                    case 6: made.PacketDrop = new PacketDropDetail { Explanation = Text(), Reason = Text() }; break;
                    default: break;
                }
            }, node: Text());
        }

        for (var sequence = 1ul; sequence < server.Log.NextSequence; sequence++)
        {
            var id = EventId.Format(TestServer.Epoch, sequence);
            var story = await log.ExplainAsync(id);
            using var rest = await server.Http.GetAsync($"/api/explain?event_id={id}");

            Assert.That(story.Event.Id, Is.EqualTo(id));
            Assert.That(story.Summary, Is.Not.Empty);
            Assert.That(story.Steps.Select(step => step.Offset.Seconds), Is.All.GreaterThanOrEqualTo(0));
            Assert.That(rest.StatusCode, Is.EqualTo(HttpStatusCode.OK), await rest.Content.ReadAsStringAsync());
        }
    }

    [Test]
    public async Task Explain_ForATeam_TellsOfItsEventsAloneAndHidesThatThereAreOthers()
    {
        await using var secured = await SecuredServer.StartAsync();
        var log = new StoryLog(secured.Server);
        var attempt = log.Attempt(1, 1, change: made => made.K8SNamespace = "team-a");
        var accept = log.Accept(2, 1, change: made => made.K8SNamespace = "team-c");
        var drop = log.Drop(0.5, "NO_SOCKET", "");
        var team = secured.Http(SecuredServer.TeamToken);

        var own = await JsonAsync(team, attempt, HttpStatusCode.OK);
        var all = await JsonAsync(secured.Http(SecuredServer.Token), attempt, HttpStatusCode.OK);
        var others = await JsonAsync(team, accept, HttpStatusCode.NotFound);
        var nobodys = await JsonAsync(team, drop, HttpStatusCode.NotFound);
        var none = await JsonAsync(team, "0123456789abcdef-9", HttpStatusCode.NotFound);

        Assert.That(own.GetProperty("related_events").GetArrayLength(), Is.Zero);
        Assert.That(own.GetProperty("unknown").ToString(), Does.Contain("Only events of the namespaces team-a, team-b were looked at."));
        Assert.That(own.GetProperty("unknown").ToString(), Does.Not.Contain("program"));
        Assert.That(all.GetProperty("related_events").GetArrayLength(), Is.EqualTo(2));
        Assert.That(all.GetProperty("unknown").ToString(), Does.Contain("program"));
        Assert.That(
            new[] { others, nobodys }.Select(answer => answer.GetProperty("message").GetString()![30..]),
            Is.All.EqualTo(none.GetProperty("message").GetString()![30..]));
        await JsonAsync(secured.Http(SecuredServer.StatusToken), attempt, HttpStatusCode.Forbidden);
        await JsonAsync(team, attempt + "&k8s_namespace=team-c", HttpStatusCode.Forbidden);
        await JsonAsync(team, attempt + "&k8s_namespace=team-b", HttpStatusCode.NotFound);
    }

    private const long EventLogOptionsMin = Monitor.Events.EventLogOptions.MinRetentionBytes;

    private static async Task<JsonElement> JsonAsync(HttpClient http, string id, HttpStatusCode expected)
    {
        using var response = await http.GetAsync(new Uri($"/api/explain?event_id={id}", UriKind.Relative));
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(expected), body);
        return JsonDocument.Parse(body).RootElement;
    }
}
