using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Explaining;

/// <summary>Whole stories, from the events that agents would report.</summary>
internal sealed class StoryTests
{
    private TestServer _server = null!;
    private StoryLog _log = null!;

    [SetUp]
    public async Task SetUp()
    {
        _server = await TestServer.StartAsync();
        _log = new StoryLog(_server);
    }

    [TearDown]
    public async Task TearDown() => await _server.DisposeAsync();

    [Test]
    public async Task Explain_SlowHandshake_SaysWhichSegmentWasLost()
    {
        var lookup = _log.Lookup(1.2, 1.2, "cart.shop.svc", StoryLog.Target);
        var retransmit = _log.Retransmit(1002);
        var attempt = _log.Attempt(1022, 1020, change: made => made.DestinationName = "cart.shop.svc");
        var close = _log.Close(5022, 4000, CloseDetail.Types.Cause.Local);
        // What does not belong to it: another process's question, other ports, another connection on the same ports.
        _log.Add(0.5, "dns", made =>
        {
            made.Pid = 1;
            made.DestinationPort = 53;
            made.Dns = new DnsDetail { Name = "cart.shop.svc", Answers = { StoryLog.Target } };
        });
        _log.Attempt(1023, 1, connection: 8, change: made => made.SourcePort = 40001);
        _log.Retransmit(60_000, "ESTABLISHED", connection: 9);

        var story = await _log.ExplainAsync(attempt);

        Assert.That(story.Event.Id, Is.EqualTo(attempt));
        Assert.That(story.Summary, Does.StartWith(
            "The handshake with 198.51.100.7:443 (cart.shop.svc) took 1.02 s because the first SYN was lost: one retransmit after 1.00 s."));
        Assert.That(story.Summary, Does.EndWith("It ended after 4.00 s; in the view of the side that connected, this side closed it, with 512 bytes sent and 1.50 KiB received."));
        Assert.That(story.Steps.Select(step => step.EventId), Is.EqualTo(new[] { lookup, attempt, retransmit, attempt, close }));
        Assert.That(story.Steps.Select(step => step.Offset.ToTimeSpan().TotalMilliseconds), Is.EqualTo(new[] { 0, 2, 1002, 1022, 5022 }).Within(0.001));
        Assert.That(story.Steps[0].Text, Is.EqualTo("curl (pid 4242) asked 10.96.0.10 for cart.shop.svc (A) and had 198.51.100.7 after 1.20 ms"));
        Assert.That(story.Steps[1].Text, Is.EqualTo("curl (pid 4242) connects to 198.51.100.7:443 (cart.shop.svc) over TCP"));
        Assert.That(story.Steps[3].Text, Is.EqualTo("The handshake is complete after 1.02 s"));
        Assert.That(story.RelatedEvents.Select(related => related.Id), Is.EqualTo(new[] { lookup, retransmit, close }));
    }

    [Test]
    public async Task Explain_ASynThatWasDropped_IsTheReasonOfTheRetransmit()
    {
        _log.Drop(0.1, "NETFILTER_DROP", "", reverse: true);
        _log.Drop(0.2, "QDISC_DROP", "The queue is full.", "node-1");
        _log.Retransmit(1000);
        _log.Drop(1001, "TC_INGRESS", "");
        var attempt = _log.Attempt(1020, 1020);

        var story = await _log.ExplainAsync(attempt);

        Assert.That(story.Summary, Does.Contain(
            "took 1.02 s because the first SYN was lost, dropped on node-1 (QDISC_DROP): one retransmit after 1.00 s."));
    }

    [Test]
    public async Task Explain_ASlowLookup_SaysThatItWasSlow()
    {
        _log.Lookup(10, 10, "cart.shop.svc.cluster.local");
        _log.Lookup(2010, 1990, "cart", StoryLog.Target);
        var attempt = _log.Attempt(2012, 1);

        var story = await _log.ExplainAsync(attempt);

        Assert.That(story.Summary, Is.EqualTo(
            "Looking up the name took 2.01 s: 2 questions, 1 of them in vain. The connection to 198.51.100.7:443 was established in 1.00 ms."));
    }

    [Test]
    public async Task Explain_Refused_SaysWhoDroppedTheSyn()
    {
        var drop = _log.Drop(0.5, "NO_SOCKET", "Nothing listens there.");
        var reset = _log.Add(0.8, "reset", made =>
        {
            made.ConnectionId = 7;
            made.Reset = new ResetDetail { Sent = false, State = "SYN_SENT", Direction = ConnectionDirection.Outbound };
        });
        var attempt = _log.Attempt(1, 1, "ECONNREFUSED");

        // Whichever of its events is asked for, the story is the same.
        foreach (var id in (string[])[attempt, drop, reset])
        {
            var story = await _log.ExplainAsync(id);

            Assert.That(story.Steps.Select(step => step.EventId), Is.EqualTo(new[] { attempt, drop, reset, attempt }));
            Assert.That(story.Steps.Select(step => step.NodeName), Is.EqualTo(new[] { "node-1", "node-2", "node-1", "node-1" }));
            Assert.That(story.Summary, Is.EqualTo(
                "The attempt to connect to 198.51.100.7:443 failed after 1.00 ms: the other side answered with a reset, nothing listens there or a "
                + "firewall rejects (ECONNREFUSED). One packet of it was dropped: NO_SOCKET on node-2. Nothing listens there."));
            Assert.That(story.Steps[1].Text, Is.EqualTo(
                "A packet of 60 bytes from 192.0.2.1:40000 to 198.51.100.7:443 is dropped: NO_SOCKET. Nothing listens there"));
            Assert.That(story.Steps[2].Text, Is.EqualTo("A reset is received in state SYN_SENT by the side that connected"));
        }
    }

    [Test]
    public async Task Explain_DroppedSyns_SaysWhereAndWhy()
    {
        for (var sent = 0; sent < 3; sent++)
        {
            _log.Drop((1000 << sent) - 1000, "NETFILTER_DROP", "A firewall rule dropped it.");
            _log.Retransmit((1000 << sent) + 100, number: (uint)sent + 1);
        }

        var attempt = _log.Attempt(7000, 7000, "ETIMEDOUT");

        var story = await _log.ExplainAsync(attempt);

        Assert.That(story.Summary, Is.EqualTo(
            "The attempt to connect to 198.51.100.7:443 failed after 7.00 s: no answer came (ETIMEDOUT), although the SYN was sent 3 more times. "
            + "3 packets of it were dropped: NETFILTER_DROP on node-2. A firewall rule dropped it."));
        Assert.That(story.Steps, Has.Count.EqualTo(8));
    }

    [Test]
    public async Task Explain_BothNodes_TellsOfBothSides()
    {
        var attempt = _log.Attempt(1, 1);
        var drop = _log.Drop(50, "TCP_OLD_DATA", "A duplicate.", "node-1", reverse: true);
        var accept = _log.Accept(200, 199.2);
        var closeThere = _log.Close(400, 399, CloseDetail.Types.Cause.Remote, connection: 70, inbound: true, node: "node-2");
        var close = _log.Close(401, 400, CloseDetail.Types.Cause.Local);
        // The ports are used again.
        _log.Attempt(65_000, 1, connection: 8);
        _log.Accept(65_001, 0.1, connection: 71);

        var story = await _log.ExplainAsync(accept);

        Assert.That(story.Steps.Select(step => step.EventId), Is.EqualTo(new[] { attempt, attempt, drop, accept, closeThere, close }));
        Assert.That(story.Summary, Does.Contain("It waited 199 ms until nginx (pid 80) took it from the accept queue."));
        Assert.That(story.Steps[3].Text, Is.EqualTo(
            "nginx (pid 80) takes the connection from 192.0.2.1:40000 at 198.51.100.7:443, after 199 ms in the accept queue"));
        Assert.That(story.Unknown, Has.None.Contains("other side"));
    }

    [Test]
    public async Task Explain_BehindAServiceAddress_FollowsThePeersEvent()
    {
        var accept = _log.Accept(1.5, 0.1, change: made =>
        {
            made.DestinationIp = "10.1.2.3";
            made.DestinationPort = 8080;
        });
        var attempt = _log.Attempt(1, 1, change: made => made.PeerEventId = accept);
        var close = _log.Add(9, "close", made =>
        {
            made.ConnectionId = 70;
            made.DestinationIp = "10.1.2.3";
            made.DestinationPort = 8080;
            made.Close = new CloseDetail { Direction = ConnectionDirection.Inbound, Cause = CloseDetail.Types.Cause.Remote };
        }, "node-2");

        var story = await _log.ExplainAsync(attempt);

        Assert.That(story.RelatedEvents.Select(related => related.Id), Is.EqualTo(new[] { accept, close }));
    }

    [Test]
    public async Task Explain_ANameThatDoesNotExist_SaysSo()
    {
        var lookup = _log.Lookup(3, 3, "crat.shop.svc");

        var story = await _log.ExplainAsync(lookup);

        Assert.That(story.Summary, Is.EqualTo(
            "crat.shop.svc could not be looked up: curl (pid 4242) was told NXDOMAIN (there is no such name) after 3.00 ms."));
        Assert.That(story.Steps.Single().Text, Does.StartWith("curl (pid 4242) asked 10.96.0.10 for crat.shop.svc (A) and was told NXDOMAIN"));
    }

    [Test]
    public async Task Explain_ALookup_GoesOnWithTheAttempt()
    {
        var lookup = _log.Lookup(1, 1, "cart", "203.0.113.9", StoryLog.Target);
        var attempt = _log.Attempt(3, 1);

        var story = await _log.ExplainAsync(lookup);

        Assert.That(story.Steps.Select(step => step.EventId), Is.EqualTo(new[] { lookup, attempt, attempt }));
        Assert.That(story.Summary, Does.StartWith("The connection to 198.51.100.7:443 was established in 1.00 ms."));
    }

    [Test]
    public async Task Explain_AFullListener_SaysSo()
    {
        var attempt = _log.Attempt(3000, 3000);
        _log.Add(1000, "listen_overflow", made => made.ListenOverflow = new ListenOverflowDetail { Count = 2, QueueLength = 6, Backlog = 5 }, "node-2");

        var story = await _log.ExplainAsync(attempt);

        Assert.That(story.Summary, Does.Contain("The listener's queue was full at that time: 6 of 5 places taken."));
    }
}
