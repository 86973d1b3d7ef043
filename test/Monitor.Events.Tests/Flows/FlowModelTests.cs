using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests.Flows;

/// <summary>Random connections of a small cluster, each seen by none, one or both of its ends, against a model.</summary>
internal sealed class FlowModelTests
{
    private const long Start = TestEvents.Start;
    private const long Millisecond = 1_000_000;

    private static readonly Party[] Clients =
    [
        new("node-1", "10.0.0.1", 0) { Command = "curl" },
        new("node-1", "10.0.0.1", 0) { Command = "wget" },
        new("node-2", "10.1.0.1", 0) { Command = "web", Pod = "web-1", Workload = "web" },
        new("node-3", "10.1.0.2", 0) { Command = "web", Pod = "web-2", Workload = "web" },
        new("", "203.0.113.9", 0) { IsWatched = false },
    ];

    private static readonly Party[] Servers =
    [
        new("node-3", "10.0.0.3", 80) { Command = "nginx" },
        new("node-3", "10.1.0.9", 8080)
        {
            Command = "cart", Pod = "cart-1", Workload = "cart", Service = "cart", ServiceIp = "10.96.0.1", ServicePort = 80,
        },
        new("", "192.0.2.9", 443) { Name = "api.example.com", IsWatched = false },
    ];

    [Test]
    public void Flows_OfRandomConnections_AreThoseOfTheModel([Range(1, 60)] int seed)
    {
        var random = new Random(seed);
        var connections = Enumerable.Range(0, 1 + random.Next(300)).Select(index => Make(random, index)).ToList();
        var events = connections.SelectMany(connection => connection.Events)
            .OrderBy(e => UnixNanos.From(e.Time)!.Value + random.Next(50) * Millisecond)
            .ToList();
        using var log = FlowWorld.Log(events);
        foreach (var grouping in Enum.GetValues<FlowGrouping>())
        {
            var expected = FlowModel.Sum(connections, grouping).Values.Select(flow => flow.ToString()).Order();

            var result = log.SumFlows(new FlowQuery { GroupBy = grouping, Limit = 1000 });

            Assert.That(result.Flows.Select(Plain).Order(), Is.EqualTo(expected), $"by {grouping}");
            Assert.That((result.Uncertain, result.Other, result.OtherCount), Is.EqualTo((0L, (Flow?)null, 0)));
        }
    }

    // The model has no round-trip times, and maps have no order.
    private static string Plain(Flow flow)
    {
        flow.Rtt = null;
        return flow.ToString();
    }

    private static Made Make(Random random, int index)
    {
        Party from;
        Party to;
        do
        {
            from = Clients[random.Next(Clients.Length)];
            to = Servers[random.Next(Servers.Length)];
        }
        while (!from.IsWatched && !to.IsWatched);

        var made = new Made(from, to);
        var port = (uint)(20_000 + index);
        var start = Start + random.Next(60_000) * Millisecond;
        var seen = random.Next(8) != 0 && from.IsWatched;
        var seenThere = random.Next(8) != 0 && to.IsWatched;
        if (seen && random.Next(6) == 0)
        {
            made.Add(FlowWorld.Attempt(from, port, to, start, new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Failed,
                Error = "ECONNREFUSED",
            }));
            return made;
        }

        if (seen && random.Next(10) != 0)
        {
            made.Add(FlowWorld.Attempt(from, port, to, start, new ConnectionDetail
            {
                Outcome = ConnectionDetail.Types.Outcome.Connected,
                HandshakeTime = FlowWorld.Nanos(1 + random.Next(5_000_000)),
            }));
        }

        var waited = random.Next(2000) * Millisecond;
        if (seenThere && random.Next(10) != 0)
        {
            made.Add(FlowWorld.Accept(
                from, port, to, start + waited + random.Next(20) * Millisecond, new AcceptDetail { AcceptQueueTime = FlowWorld.Nanos(waited) }));
        }

        var lasted = random.Next(20_000) * Millisecond;
        if (seen && random.Next(4) != 0)
        {
            made.Add(FlowWorld.Close(from, port, to, start + lasted, false, Close(random, lasted)));
        }

        if (seenThere && random.Next(4) != 0)
        {
            made.Add(FlowWorld.Close(from, port, to, start + lasted, true, Close(random, lasted)));
        }

        AddTrouble(random, made, seen, seenThere, port, start);
        return made;
    }

    private static void AddTrouble(Random random, Made made, bool seen, bool seenThere, uint port, long start)
    {
        for (var n = random.Next(3); n > 0; n--)
        {
            var inbound = random.Next(2) == 0;
            if (inbound ? seenThere : seen)
            {
                made.Add(FlowWorld.Retransmit(made.From, port, made.To, start + n * Millisecond, inbound, (uint)random.Next(20)));
            }
        }

        if (random.Next(5) == 0)
        {
            var sentByServer = random.Next(2) == 0;
            if (seen)
            {
                made.Add(FlowWorld.Reset(made.From, port, made.To, start + 9 * Millisecond, inbound: false, sent: !sentByServer));
            }

            if (seenThere)
            {
                made.Add(FlowWorld.Reset(made.From, port, made.To, start + 8 * Millisecond, inbound: true, sent: sentByServer));
            }
        }
    }

    private static CloseDetail Close(Random random, long lasted) => new()
    {
        Duration = FlowWorld.Nanos(lasted),
        BytesSent = (ulong)random.Next(100_000),
        BytesReceived = (ulong)random.Next(100_000),
        Retransmits = (uint)random.Next(4),
        SmoothedRtt = FlowWorld.Nanos(1_000_000),
    };
}
