using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests.Flows;

internal sealed class FlowTests
{
    private const long Start = TestEvents.Start;
    private const long Second = 1_000_000_000;

    private static readonly Party Curl = new("node-1", "10.0.0.1", 0) { Command = "curl" };
    private static readonly Party Nginx = new("node-2", "10.0.0.2", 80) { Command = "nginx" };

    [Test]
    public void Connection_SeenByBothEnds_CountsOnceAndNamesBoth()
    {
        using var log = FlowWorld.Log(
        [
            FlowWorld.Accept(Curl, 4000, Nginx, Start),
            FlowWorld.Attempt(Curl, 4000, Nginx, Start + 1000),
            FlowWorld.Close(Curl, 4000, Nginx, Start + Second, false, new CloseDetail
            {
                Duration = FlowWorld.Nanos(Second), BytesSent = 100, BytesReceived = 2000, Retransmits = 1, SmoothedRtt = FlowWorld.Nanos(70_000),
            }),
            FlowWorld.Close(Curl, 4000, Nginx, Start + 9 * Second, true, new CloseDetail
            {
                Duration = FlowWorld.Nanos(9 * Second), BytesSent = 2500, BytesReceived = 100, Retransmits = 4,
            }),
            FlowWorld.Retransmit(Curl, 4000, Nginx, Start + 100, inbound: true),
            FlowWorld.Drop(Curl, 4000, Nginx, Start + 200, isAnswer: true),
            FlowWorld.Drop(Curl, 4001, Nginx, Start + 300, isAnswer: false),
        ]);

        var result = log.SumFlows(new FlowQuery());

        var flow = result.Flows.Single();
        Assert.That((flow.Source.NodeName, flow.Source.Command), Is.EqualTo(("node-1", "curl")));
        Assert.That(
            (flow.Destination.NodeName, flow.Destination.Command, flow.Destination.Ip, flow.DestinationPort),
            Is.EqualTo(("node-2", "nginx", "10.0.0.2", 80u)));
        Assert.That((flow.Connections, flow.AcceptedOnly, flow.Closed), Is.EqualTo((1L, 0L, 1L)));
        Assert.That((flow.BytesSent, flow.BytesReceived), Is.EqualTo((100UL, 2000UL)));
        Assert.That(flow.BothEnds, Is.EqualTo(new FlowEnds
        {
            Connections = 1,
            ReceivedDifference = 500,
            SourceRetransmits = 1,
            DestinationRetransmits = 4,
        }));
        Assert.That((flow.Retransmits, flow.Drops), Is.EqualTo((1L, 2L)));
        Assert.That(flow.Rtt.Max, Is.EqualTo(FlowWorld.Nanos(70_000)));
        Assert.That((result.OtherDrops, result.Uncertain), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void Drops_OfNoFlowOrOfTwo_AreCountedApart()
    {
        var wget = Curl with { Command = "wget" };
        using var log = FlowWorld.Log(
        [
            FlowWorld.Attempt(Curl, 4000, Nginx, Start),
            FlowWorld.Attempt(wget, 4001, Nginx, Start),
            FlowWorld.Drop(Curl, 4000, Nginx, Start, isAnswer: false),
            FlowWorld.Drop(Curl, 4000, Nginx with { Port = 81 }, Start, isAnswer: false),
        ]);

        var result = log.SumFlows(new FlowQuery());

        Assert.That(result.Flows.Select(flow => flow.Drops), Is.EqualTo(new[] { 0L, 0L }));
        Assert.That(result.OtherDrops, Is.EqualTo(2));
    }

    [Test]
    public void Questions_ToANameServer_AreAFlowWithTheirLatency()
    {
        var question = FlowWorld.Attempt(Curl, 4000, new Party("", "10.0.0.53", 53), Start);
        question.Type = "dns";
        question.Protocol = "UDP";
        question.Dns = new DnsDetail
        {
            Outcome = DnsDetail.Types.Outcome.Answered,
            ResponseCode = "NXDOMAIN",
            Latency = FlowWorld.Nanos(3_000_000),
        };
        var unanswered = question.Clone();
        unanswered.Dns.Outcome = DnsDetail.Types.Outcome.Unanswered;
        unanswered.Dns.Latency = FlowWorld.Nanos(5 * Second);
        using var log = FlowWorld.Log([question, unanswered]);

        var flow = log.SumFlows(new FlowQuery()).Flows.Single();

        Assert.That((flow.Destination.Ip, flow.DestinationPort, flow.Protocol), Is.EqualTo(("10.0.0.53", 53u, "UDP")));
        Assert.That((flow.Connections, flow.DnsQuestions, flow.DnsFailed), Is.EqualTo((0L, 2L, 2L)));
        Assert.That((flow.DnsLatency.Count, flow.DnsLatency.P99), Is.EqualTo((1L, FlowWorld.Nanos(3_000_000))));
    }

    [Test]
    public void Clocks_ThatDisagree_ArePutRightBeforeEndsAreJoined()
    {
        Event[] events = [FlowWorld.Attempt(Curl, 4000, Nginx, Start), FlowWorld.Accept(Curl, 4000, Nginx, Start + 300 * Second)];
        using var log = FlowWorld.Log(events);

        var apart = log.SumFlows(new FlowQuery());
        var right = log.SumFlows(new FlowQuery
        {
            ClockOf = node => (TimeSpan.FromSeconds(node == "node-2" ? 300 : 0), TimeSpan.FromMilliseconds(1)),
        });

        Assert.That(apart.Flows.Sum(flow => flow.Connections), Is.EqualTo(2));
        Assert.That(right.Flows.Single().Connections, Is.EqualTo(1));
    }

    [Test]
    public void Flows_BeyondTheMost_AreOneSumAndCounted()
    {
        var events = Enumerable.Range(0, 500).Select(index =>
            FlowWorld.Attempt(Curl, 4000, new Party("", $"10.2.{index / 250}.{index % 250}", 80), Start + index));
        using var log = FlowWorld.Log(events);

        var result = log.SumFlows(new FlowQuery { MaxFlows = 100, Limit = 1000 });

        Assert.That((result.Flows.Count, result.TotalCount, result.OtherCount), Is.EqualTo((100, 100, 400)));
        Assert.That(result.Other!.Connections, Is.EqualTo(400));
        Assert.That((result.Other.Source, result.Other.Destination), Is.EqualTo(((FlowEnd?)null, (FlowEnd?)null)));
        Assert.That(result.Flows.Select(flow => flow.Destination.Ip), Does.Contain("10.2.1.249").And.Not.Contain("10.2.0.1"));
    }

    [Test]
    public void Pages_OfALogThatGrows_HaveEveryFlowOfTheFirstOnce([Values] FlowOrder order)
    {
        var events = Enumerable.Range(0, 90).SelectMany(index => Enumerable.Range(0, 1 + index % 7).SelectMany(n => (Event[])
        [
            FlowWorld.Attempt(Curl, (uint)(4000 + n), new Party("", $"10.2.0.{index}", 80), Start),
            FlowWorld.Close(Curl, (uint)(4000 + n), new Party("", $"10.2.0.{index}", 80), Start, false, new CloseDetail { BytesSent = (ulong)(index % 11) }),
        ]));
        using var log = FlowWorld.Log(events);
        var whole = log.SumFlows(new FlowQuery { SortBy = order, Limit = 1000 }).Flows;
        var paged = new List<Flow>();
        var token = "";
        do
        {
            var page = log.SumFlows(new FlowQuery { SortBy = order, Limit = 20, PageToken = token });
            Assert.That(page.TotalCount, Is.EqualTo(90));
            paged.AddRange(page.Flows);
            token = page.NextPageToken;
            log.Append(FlowWorld.Attempt(Nginx, 1, new Party("", $"10.3.0.{paged.Count}", 80), Start));
            log.Publish();
        }
        while (token.Length > 0);

        Assert.That(paged, Is.EqualTo(whole));
        var ranks = whole.Select(flow => order == FlowOrder.Bytes ? (long)flow.BytesSent : flow.Connections).ToList();
        Assert.That(ranks, Is.Ordered.Descending);
        Assert.That(ranks.Distinct().Count(), Is.GreaterThan(5));
    }

    [Test]
    public void PageToken_OfAnotherRequestServerOrNone_IsRefused()
    {
        using var log = FlowWorld.Log(Enumerable.Range(0, 3).Select(index =>
            FlowWorld.Attempt(Curl, 4000, new Party("", $"10.2.0.{index}", 80), Start)));
        using var other = new EventLog(new EventLogOptions(), 8, TimeProvider.System);
        var token = log.SumFlows(new FlowQuery { Limit = 1 }).NextPageToken;

        PageTokenError Refused(EventLog asked, FlowQuery query) =>
            Assert.Throws<PageTokenException>(() => asked.SumFlows(query))!.Error;

        Assert.That(token, Is.Not.Empty);
        Assert.That(Refused(log, new FlowQuery { PageToken = "x" }), Is.EqualTo(PageTokenError.Garbage));
        Assert.That(Refused(log, new FlowQuery { PageToken = token, SortBy = FlowOrder.Bytes }), Is.EqualTo(PageTokenError.OtherFilter));
        Assert.That(Refused(log, new FlowQuery { PageToken = token, GroupBy = FlowGrouping.Node }), Is.EqualTo(PageTokenError.OtherFilter));
        Assert.That(Refused(log, new FlowQuery { PageToken = token, DurationSeconds = 60 }), Is.EqualTo(PageTokenError.OtherFilter));
        Assert.That(
            Refused(log, new FlowQuery { PageToken = token, Filter = new EventFilter { Pid = { 1 } } }), Is.EqualTo(PageTokenError.OtherFilter));
        Assert.That(Refused(other, new FlowQuery { PageToken = token }), Is.EqualTo(PageTokenError.OtherEpoch));
        Assert.Throws<FilterException>(() => log.SumFlows(new FlowQuery { Limit = 1001 }));
    }

    [Test]
    public void Events_OfAnyContent_AreSummed([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var events = Enumerable.Range(0, 2000).Select(index =>
        {
            var made = TestEvents.Random(random, (ulong)index, Start + random.NextInt64(1000 * Second));
            // Times and sizes as no agent makes them, and texts that are longer than any name.
            if (random.Next(10) == 0)
            {
                made.Time = UnixNanos.ToTimestamp(random.Next(2) == 0 ? long.MinValue : long.MaxValue - 5 * Second);
            }

            if (made.Close is { } close)
            {
                close.Duration = new() { Seconds = 253_402_300_799 };
                close.SmoothedRtt = new() { Seconds = 253_402_300_799, Nanos = 999_999_999 };
                close.Direction = (ConnectionDirection)random.Next(4);
            }

            if (random.Next(10) == 0)
            {
                made.Command = new string('x', 5000);
                made.NodeName = new string('y', 5000);
            }

            if (made.Connection is { } connection)
            {
                connection.Error = $"E{index}" + new string('Z', random.Next(200));
            }

            return made;
        }).ToList();
        using var log = FlowWorld.Log(events);

        foreach (var grouping in Enum.GetValues<FlowGrouping>())
        {
            var result = log.SumFlows(new FlowQuery { GroupBy = grouping, Limit = 1000, MaxFlows = 200 });

            var flows = result.Other is null ? result.Flows : [.. result.Flows, result.Other];
            Assert.That(result.TotalCount, Is.LessThanOrEqualTo(200));
            Assert.That(
                flows.Sum(flow => flow.Connections - flow.AcceptedOnly), Is.EqualTo(events.Count(e => e.Connection is not null)));
            Assert.That(flows.Sum(flow => flow.DnsQuestions), Is.EqualTo(events.Count(e => e.Dns is not null)));
            Assert.That(flows.Sum(flow => flow.Retransmits), Is.EqualTo(events.Sum(e => e.Retransmit is { } again ? Math.Max(1, again.Count) : 0L)));
            Assert.That(
                flows.Sum(flow => flow.Drops) + result.OtherDrops, Is.EqualTo(events.Count(e => e.PacketDrop is not null)));
            Assert.That(flows.Max(flow => flow.FailedByError.Count), Is.LessThanOrEqualTo(33));
            Assert.That(flows.Max(flow => flow.CalculateSize()), Is.LessThan(8192));
        }
    }
}
