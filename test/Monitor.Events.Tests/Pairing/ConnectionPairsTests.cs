using Google.Protobuf;
using Monitor.Events.Tests.Flows;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests.Pairing;

internal sealed class ConnectionPairsTests
{
    private const long Start = TestEvents.Start;
    private const long Second = 1_000_000_000;

    private static readonly Party Client = new("node-1", "10.0.0.1", 0) { Command = "curl" };
    private static readonly Party Server = new("node-2", "10.0.0.2", 80) { Command = "nginx" };
    private static readonly NodeClock One = NodeClock.Of(1, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
    private static readonly NodeClock Two = NodeClock.Of(2, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));

    private EventTypeTable _types = null!;
    private PeerEvents _pairs = null!;
    private ulong _sequence;

    [SetUp]
    public void SetUp()
    {
        _types = new EventTypeTable();
        _pairs = new PeerEvents(_types);
        _sequence = 0;
    }

    [Test]
    public void AttemptAndAccept_InEitherOrder_ThePartnerIsNamedByTheLater()
    {
        Assert.That(Find(FlowWorld.Attempt(Client, 4000, Server, Start), One), Is.Empty);
        Assert.That(Find(FlowWorld.Accept(Client, 4000, Server, Start + 1000), Two), Is.EqualTo(EventId.Format(1, 1)));
        Assert.That(Find(FlowWorld.Accept(Client, 4001, Server, Start + 1000), Two), Is.Empty);
        Assert.That(Find(FlowWorld.Attempt(Client, 4001, Server, Start), One), Is.EqualTo(EventId.Format(2, 3)));
        Assert.That(Find(FlowWorld.Accept(Client, 4001, Server, Start + 1000), Two), Is.Empty, "one has one partner");
    }

    [Test]
    public void Accept_ThatWaitedInTheQueue_IsComparedByTheEndOfItsHandshake()
    {
        Find(FlowWorld.Attempt(Client, 4000, Server, Start), One);
        var accept = FlowWorld.Accept(
            Client, 4000, Server, Start + 90 * Second, new AcceptDetail { AcceptQueueTime = FlowWorld.Nanos(90 * Second) });

        Assert.That(Find(accept, Two), Is.EqualTo(EventId.Format(1, 1)));
    }

    [TestCase(900, ExpectedResult = true)]
    [TestCase(1100, ExpectedResult = false)]
    public bool Destination_ThatWasRewritten_IsPairedWithinASecond(int milliseconds)
    {
        var service = Server with { Service = "web", ServiceIp = "10.96.0.1", ServicePort = 8080 };
        Find(FlowWorld.Attempt(Client, 4000, service, Start), One);

        return Find(FlowWorld.Accept(Client, 4000, service, Start + milliseconds * 1_000_000L), Two).Length > 0;
    }

    [Test]
    public void Accept_WithSeveralAttemptsOfItsSource_GoesToTheOneWithItsDestination()
    {
        Find(FlowWorld.Attempt(Client, 4000, Server with { Ip = "198.51.100.1" }, Start + 1000), One);
        Find(FlowWorld.Attempt(Client, 4000, Server, Start - Second), One);
        Find(FlowWorld.Attempt(Client, 4000, Server, Start - 5 * Second), One);

        Assert.That(Find(FlowWorld.Accept(Client, 4000, Server, Start), Two), Is.EqualTo(EventId.Format(1, 2)));
    }

    [TestCase("127.0.0.1")]
    [TestCase("::1")]
    [TestCase("169.254.3.4")]
    [TestCase("fe80::1")]
    public void LocalAddresses_OfTwoNodes_AreNotTheSame(string ip)
    {
        var client = Client with { Ip = ip };
        var server = Server with { Ip = ip };
        Find(FlowWorld.Attempt(client, 4000, server, Start), One);

        Assert.That(Find(FlowWorld.Accept(client, 4000, server, Start), Two), Is.Empty);
        Assert.That(Find(FlowWorld.Accept(client, 4000, server, Start), One), Is.EqualTo(EventId.Format(1, 1)));
    }

    [Test]
    public void PrivateAddresses_OfTwoNodes_ArePairedOnTheirNodeFirst()
    {
        Find(FlowWorld.Attempt(Client, 4000, Server, Start), One);
        Find(FlowWorld.Attempt(Client, 4000, Server, Start + 5000), Two);

        Assert.That(Find(FlowWorld.Accept(Client, 4000, Server, Start + 5000), One), Is.EqualTo(EventId.Format(1, 1)));
        Assert.That(Find(FlowWorld.Accept(Client, 4000, Server, Start), Two), Is.EqualTo(EventId.Format(2, 2)));
    }

    [Test]
    public void Clocks_ThatAreOff_ArePutRightAndUnknownOnesGiveAMinute()
    {
        var late = NodeClock.Of(2, TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(5));
        var unknown = NodeClock.Unknown(2);
        var service = Server with { Service = "web", ServiceIp = "10.96.0.1", ServicePort = 8080 };

        Find(FlowWorld.Attempt(Client, 4000, Server, Start), One);
        Assert.That(Find(FlowWorld.Accept(Client, 4000, Server, Start + 3600 * Second), late), Is.Not.Empty);
        Find(FlowWorld.Attempt(Client, 4001, Server, Start), One);
        Assert.That(Find(FlowWorld.Accept(Client, 4001, Server, Start + 65 * Second), unknown), Is.Not.Empty);
        Find(FlowWorld.Attempt(Client, 4002, Server, Start), One);
        Assert.That(Find(FlowWorld.Accept(Client, 4002, Server, Start + 75 * Second), unknown), Is.Empty);
        Find(FlowWorld.Attempt(Client, 4003, service, Start), One);
        Assert.That(Find(FlowWorld.Accept(Client, 4003, service, Start), unknown), Is.Empty);
    }

    [Test]
    public void Attempt_ThatFailedOrIsUdpOrNamesAPartner_IsNotPaired()
    {
        var failed = FlowWorld.Attempt(Client, 4000, Server, Start, new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Failed });
        var udp = FlowWorld.Attempt(Client, 4000, Server, Start);
        udp.Protocol = "UDP";
        var named = FlowWorld.Attempt(Client, 4000, Server, Start);
        named.PeerEventId = "of another";
        var portless = FlowWorld.Attempt(Client, 4000, Server, Start);
        portless.ClearSourcePort();
        foreach (var attempt in new[] { failed, udp, named, portless })
        {
            Find(attempt, One);
        }

        Assert.That(Find(FlowWorld.Accept(Client, 4000, Server, Start), Two), Is.Empty);
    }

    [Test]
    public void Flood_OfAnAgent_TakesNoMemoryAndPairsTheNewest()
    {
        var flood = new PeerEvents(_types, 1024);
        var clock = One;
        Assert.That(EventColumns.TryParse(FlowWorld.Attempt(Client, 4000, Server, Start).ToByteArray(), _types, out var columns), Is.True);
        var bytes = FlowWorld.Attempt(Client, 4000, Server, Start).ToByteArray();
        flood.Find(columns, bytes, 1, 1, clock);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100_000; i++)
        {
            columns.SourceLow++;
            columns.SourcePortValue++;
            flood.Find(columns, bytes, 1, (ulong)i, clock);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10_000));
        Assert.That(EventColumns.TryParse(FlowWorld.Accept(Client, 4000, Server, Start).ToByteArray(), _types, out var accept), Is.True);
        accept.SourceLow = columns.SourceLow;
        accept.SourcePortValue = columns.SourcePortValue;
        Assert.That(flood.Find(accept, FlowWorld.Accept(Client, 4000, Server, Start).ToByteArray(), 2, 1, Two).Length, Is.GreaterThan(0));
    }

    private string Find(Event made, NodeClock clock)
    {
        var bytes = made.ToByteArray();
        Assert.That(EventColumns.TryParse(bytes, _types, out var columns), Is.True);
        var field = _pairs.Find(columns, bytes, (ulong)clock.Node, ++_sequence, clock);
        return Event.Parser.ParseFrom(field).PeerEventId;
    }
}
