using System.Net;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Aggregator.Links;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Events;
using Monitor.Server;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>What answers at an agent's address may be anything.</summary>
internal sealed class GarbageTests
{
    private const ulong Epoch = 0xd0;

    [Test]
    public async Task Server_OfRandomBytes_FailsWithAReasonAndDisturbsNobody()
    {
        var bytes = new byte[1 << 20];
        new Random(4).NextBytes(bytes);
        await using var server = TcpDouble.Sending(bytes);

        await AssertFailsAsync(server.Address, "does not speak gRPC");
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [TestCase("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")]
    public async Task Server_OfAnotherProtocol_FailsWithAReason(string answer)
    {
        await using var server = TcpDouble.Sending(Encoding.ASCII.GetBytes(answer));

        await AssertFailsAsync(server.Address, "does not speak gRPC");
    }

    [Test]
    public async Task Port_OfRestOfAnAgent_FailsAndSaysWhatToList()
    {
        await using var agent = await TestAgent.StartAsync("rest");

        await AssertFailsAsync(agent.HttpAddress, "does not speak gRPC");
        await AssertFailsAsync(agent.HttpAddress, $"list the address of an agent's gRPC port, by default {ServerSettings.Agent.GrpcPort}");
    }

    [Test]
    public async Task Server_OfGrpcWithoutTheServices_FailsWithAReason()
    {
        await using var server = await AgentDouble.StartAsync();
        server.HasServices = false;

        await AssertFailsAsync(server.Address, "has no monitor.v1.StatusService");
    }

    [Test]
    public async Task Aggregator_InPlaceOfAnAgent_FailsAndIsCalledWhatItIs()
    {
        using var log = new EventLog(new EventLogOptions { TracksOrigins = true }, 5, TimeProvider.System);
        await using var fleet = TestFleet.Start();
        await using var app = MonitorServer.Build(
            new MonitorServerOptions
            {
                Component = "aggregator",
                Http = new IPEndPoint(IPAddress.Loopback, 0),
                Grpc = new IPEndPoint(IPAddress.Loopback, 0),
            },
            log,
            fleet.Fleet,
            NullLoggerFactory.Instance,
            fleet.Fleet);
        await app.StartAsync();

        await AssertFailsAsync(app.Services.GetRequiredService<ServerEndPoints>().GrpcTarget, "it is 'aggregator', not an agent");
        await app.StopAsync();
    }

    [TestCase("epoch", "does not say which run")]
    [TestCase("name", "has no node name")]
    [TestCase("name of two lines", "characters that nobody sees")]
    [TestCase("name from right to left", "characters that nobody sees")]
    [TestCase("long name", "has more than 256 bytes")]
    public async Task Agent_ThatDoesNotSayWhoItIs_FailsWithAReason(string what, string reason)
    {
        await using var agent = await AgentDouble.StartAsync();
        agent.Health = health =>
        {
            health.Epoch = what == "epoch" ? "" : health.Epoch;
            health.NodeName = what switch { "name" => "", "name of two lines" => "node\n2", "name from right to left" => "node\u202E2", "long name" => new string('x', 257), _ => health.NodeName };
        };

        await AssertFailsAsync(agent.Address, reason);
    }

    private static IEnumerable<TestCaseData> WrongMessages()
    {
        static TestCaseData Case(string name, string reason, Func<StreamEventsResponse, byte[]> message) =>
            new TestCaseData(message, reason).SetArgDisplayNames(name);

        static Func<StreamEventsResponse, byte[]> With(Action<StreamEventsResponse> change) => message =>
        {
            change(message);
            return TestEvents.Bytes(message);
        };

        yield return Case("garbage", "not a message", static _ => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        yield return Case("cut short", "not a message", static message => TestEvents.Bytes(message)[..^3]);
        yield return Case("no token", "without a resume token", With(static message => message.ResumeToken = ""));
        yield return Case("garbage token", "an invalid resume token", With(static message => message.ResumeToken = "x"));
        yield return Case(
            "token of another run", "of another run", With(static message => message.ResumeToken = TestEvents.Token(7, 15)));
        yield return Case(
            "token that goes back", "a resume token", With(static message => message.ResumeToken = TestEvents.Token(Epoch, 3)));
        yield return Case(
            "token that leaps", "a resume token", With(static message => message.ResumeToken = TestEvents.Token(Epoch, 99)));
        yield return Case(
            "token beyond what a history reads again",
            "a resume token at position 1152921504606846977, which no log reaches",
            With(static message => message.ResumeToken = new Protocol.ResumeToken(Epoch, OriginPoint.MaxPosition + 1, 15, []).ToString()));
        yield return Case("gap", "event 14 where 13 was due", With(static message => message.Events[2].Sequence = 14));
        yield return Case("repetition", "event 10 where 11 was due", With(static message =>
        {
            for (var i = 0; i < message.Events.Count; i++)
            {
                message.Events[i].Sequence = (ulong)i + 10;
                message.Events[i].Id = Protocol.EventId.Format(Epoch, (ulong)i + 10);
            }
        }));
        yield return Case("foreign event", "an event of node 'other'", With(static message => message.Events[1].NodeName = "other"));
        yield return Case("id of another agent's event", "event 12 with the id", With(static message =>
            message.Events[1].Id = Protocol.EventId.Format(0xbad, 12)));
        yield return Case("no id", "event 11 with the id ''", With(static message => message.Events[0].Id = ""));
        yield return Case(
            "foreign loss", "a loss of node 'other'", With(static message => message.Losses.Add(new Loss { NodeName = "other" })));
        yield return Case("evicted that are there", "a resume token", With(static message =>
            message.Losses.Add(new Loss { NodeName = "double", Cause = LossCause.Evicted, Count = 3 })));
        yield return Case("evicted beyond counting", "a resume token", With(static message =>
        {
            message.Losses.Add(new Loss { NodeName = "double", Cause = LossCause.Evicted, Count = ulong.MaxValue });
            message.Losses.Add(new Loss { NodeName = "double", Cause = LossCause.Evicted, Count = ulong.MaxValue });
        }));
        yield return Case("loss at no time", "a loss with an invalid time", With(static message =>
            message.Losses.Add(new Loss
            {
                NodeName = "double",
                Cause = LossCause.RingFull,
                FirstTime = new Timestamp { Seconds = long.MaxValue },
            })));
        yield return Case("loss without a cause", "a loss without a cause", With(static message =>
            message.Losses.Add(new Loss { NodeName = "double", Count = 3 })));
        yield return Case("huge loss", "a loss of", With(static message =>
            message.Losses.Add(new Loss { NodeName = "double", Type = new string('x', 5000) })));
        yield return Case("10 MB", "larger than", static _ => new byte[10 << 20]);
        yield return Case("too many events", "more than the 10000 events", static _ =>
            [.. Enumerable.Range(0, 20_000).SelectMany(static _ => new byte[] { 0x0a, 2, 0x12, 9 })]);
    }

    [TestCaseSource(nameof(WrongMessages))]
    public async Task Agent_ThatSendsAWrongMessage_FailsWithoutAnyOfItBeingStored(
        Func<StreamEventsResponse, byte[]> wrong, string reason)
    {
        await using var agent = await AgentDouble.StartAsync();
        agent.Stream = async call =>
        {
            var token = (await call.ReadRequestAsync()).ResumeToken;
            if (token == TestEvents.Token(Epoch, 0))
            {
                await call.SendAsync(TestEvents.Message(Epoch, "double", 1, 10));
            }

            await call.SendAsync(wrong(TestEvents.Message(Epoch, "double", 11, 5)));
            await call.WaitUntilClosedAsync();
        };

        await AssertFailsAsync(agent.Address, reason, eventsOfIt: 10);
    }

    [Test]
    public async Task Agent_ThatMendsItsMessages_IsReadFromWhereItWasLeft()
    {
        await using var agent = await AgentDouble.StartAsync();
        agent.Stream = async call =>
        {
            var token = (await call.ReadRequestAsync()).ResumeToken;
            if (token == TestEvents.Token(Epoch, 0))
            {
                await call.SendAsync(TestEvents.Message(Epoch, "double", 1, 10));
                await call.SendAsync([0xff]);
            }
            else if (token == TestEvents.Token(Epoch, 10))
            {
                await call.SendAsync(TestEvents.Message(Epoch, "double", 11, 5));
            }

            await call.WaitUntilClosedAsync();
        };
        await using var fleet = TestFleet.Start(agent.Address);

        await fleet.UntilEventsAsync(15);

        await fleet.UntilAsync(agent.Address, State.Streaming);
        Assert.That(fleet.Content.SequencesOf("double"), Is.EqualTo(Enumerable.Range(1, 15).Select(i => (ulong)i)));
    }

    [Test]
    public async Task Events_ThatAreMalformed_BecomeLossesInTheirPlaces()
    {
        await using var agent = await AgentDouble.StartAsync();
        agent.Stream = async call =>
        {
            if ((await call.ReadRequestAsync()).ResumeToken == TestEvents.Token(Epoch, 0))
            {
                // 6 events, of which the 1st, the 3rd, the 4th and the last are 2 bytes that are none.
                var good = TestEvents.Message(Epoch, "double", 1, 6);
                byte[] bad = [0x0a, 2, 0x12, 9];
                var end = new StreamEventsResponse { ResumeToken = good.ResumeToken, Watermark = good.Watermark };
                await call.SendAsync(
                    [.. bad, .. Field(good.Events[1]), .. bad, .. bad, .. Field(good.Events[4]), .. bad, .. TestEvents.Bytes(end)]);
            }

            await call.WaitUntilClosedAsync();
        };
        await using var fleet = TestFleet.Start(agent.Address);
        await fleet.UntilAsync(agent.Address, State.Streaming);

        Assert.That(fleet.Content.Brief, Is.EqualTo(new[]
        {
            "-1 Undecodable", "2", "-2 Undecodable", "5", "-1 Undecodable",
        }));
        var shown = fleet.Get(agent.Address);
        Assert.That((shown.Events, shown.LastSequence, shown.Missed), Is.EqualTo((6, 6, 0)));
        Assert.That(shown.Losses.Single(), Is.EqualTo(new LossCount { Cause = LossCause.Undecodable, Count = 4 }));

        static byte[] Field(Event e) => TestEvents.Bytes(new StreamEventsResponse { Events = { e } });
    }

    [Test]
    public async Task Agent_ThatEndsItsStreamAtOnceForEver_IsNotAskedWithoutPause()
    {
        await using var agent = await AgentDouble.StartAsync();
        agent.Stream = call => call.SendAsync(TestEvents.Message(Epoch, "double", 1, 0));
        await using var fleet = TestFleet.Start(
            new LinkOptions { FirstBackoff = TimeSpan.FromMilliseconds(200) }, agent.Address);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await fleet.UntilAsync(agent.Address, "came back", shown => shown.Reconnects >= 3);

        Assert.That(clock.Elapsed, Is.GreaterThan(TimeSpan.FromMilliseconds(300)));
        Assert.That(fleet.Get(agent.Address).Reason, Is.EqualTo("it ended the stream").Or.Empty);
    }

    [Test]
    public async Task Agent_ThatFloods_DisturbsNobodyAndIsBoundedInMemory()
    {
        await using var agent = await TestAgent.StartAsync();
        await using var flood = await AgentDouble.StartAsync();
        flood.Stream = async call =>
        {
            // As much as an agent ever sends at once, over and over.
            for (var first = 1ul; ; first += 1000)
            {
                await call.SendAsync(TestEvents.Message(Epoch, "double", first, 1000));
            }
        };
        await using var fleet = TestFleet.Start(flood.Address, agent.Address);
        await fleet.UntilEventsAsync(20_000);
        var before = GC.GetTotalMemory(forceFullCollection: true) - fleet.Log.GetStatistics().Bytes;

        for (var i = 1; i <= 20; i++)
        {
            agent.Append(10);
            var due = (ulong)i * 10;
            await fleet.UntilAsync(agent.Address, $"has {due} events", shown => shown.Events == due);
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - fleet.Log.GetStatistics().Bytes - before;
        Assert.That(grown, Is.LessThan(32 << 20));
        Assert.That(fleet.Get(agent.Address).Reconnects, Is.Zero);
        Assert.That(fleet.Get(flood.Address).Missed, Is.Zero);
    }

    /// <summary>What is at the address fails for this reason, and keeps failing, and an agent beside it is read.</summary>
    private static async Task AssertFailsAsync(string address, string reason, int eventsOfIt = 0)
    {
        await using var agent = await TestAgent.StartAsync();
        await using var fleet = TestFleet.Start(address, agent.Address);
        await fleet.UntilAsync(address, State.Failed);
        agent.Append(100);
        await fleet.UntilEventsAsync(100 + eventsOfIt);

        await fleet.UntilAsync(address, State.Failed);
        var shown = fleet.Get(address);
        Assert.That(shown.Reason, Does.Contain(reason));
        Assert.That(fleet.Content.SequencesOf("node-1"), Is.EqualTo(Enumerable.Range(1, 100).Select(i => (ulong)i)));
        Assert.That(fleet.Content.Events, Has.Count.EqualTo(100 + eventsOfIt));
        Assert.That(fleet.Content.Losses, Is.Empty);
        Assert.That(fleet.Get(agent.Address).Reconnects, Is.Zero);
    }
}
