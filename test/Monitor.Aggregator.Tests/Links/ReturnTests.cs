using System.Buffers;
using Monitor.Aggregator.Links;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>Agents that come back after the log has forgotten them, and a client that comes from another aggregator.</summary>
internal sealed class ReturnTests
{
    private const string Node = "double";

    [TestCase(3)]
    [TestCase(7)]
    public void SameRun_AfterItWasForgotten_GoesOnWhereTheClientIs(int has)
    {
        using var log = NewLog(1);
        var node = new AgentNode(Node, new ClusterLog(log), TimeProvider.System);
        Take(log, node, epoch: 1, first: 1, count: 5);
        node.Retire();
        Take(log, node, epoch: 1, first: 6, count: 5);

        var (events, losses) = Resume(log, TokenOf(epoch: 1, has));

        Assert.That(events, Is.EqualTo(Enumerable.Range(has + 1, 10 - has).Select(sequence => (1ul, (ulong)sequence))));
        Assert.That(losses, Is.Empty);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void LaterRun_AfterItWasForgotten_GoesOnWhereTheClientIs(bool cameBackBefore)
    {
        using var log = NewLog(1);
        var node = new AgentNode(Node, new ClusterLog(log), TimeProvider.System);
        Take(log, node, epoch: 1, first: 1, count: 4);
        node.Retire();
        if (cameBackBefore)
        {
            Take(log, node, epoch: 1, first: 5, count: 2);
        }

        Take(log, node, epoch: 2, first: 1, count: 5);

        var (events, losses) = Resume(log, TokenOf(epoch: 2, has: 3));

        Assert.That(events, Is.EqualTo(new[] { (2ul, 4ul), (2ul, 5ul) }), "the client has the rest");
        Assert.That(losses, Is.Empty);
    }

    [Test]
    public void Append_WithPeers_PutsThemBehindTheEvents()
    {
        using var log = NewLog(1);
        Take(log, new AgentNode(Node, new ClusterLog(log, new OnePeer()), TimeProvider.System), epoch: 1, first: 1, count: 2);

        using var found = log.Query(new EventQuery { Filter = new EventFilter { PeerPodName = { "cart-0" } } });
        var events = ListEventsResponse.Parser.ParseFrom(found.Events.Span).Events;

        Assert.That(events.Select(made => (made.Sequence, made.PeerPodName)), Is.EqualTo(new[] { (2ul, "cart-0"), (1ul, "cart-0") }));
    }

    private sealed class OnePeer : PeerLookup
    {
        private readonly byte[] _fields = Google.Protobuf.MessageExtensions.ToByteArray(new Event { PeerPodName = "cart-0" });

        public override ReadOnlySpan<byte> Find(in EventColumns columns) => _fields;
    }

    /// <summary>Of a client that got so many events of a run from an aggregator that has always had it.</summary>
    private static string TokenOf(ulong epoch, int has)
    {
        using var other = NewLog(2);
        Take(other, new AgentNode(Node, new ClusterLog(other), TimeProvider.System), epoch, first: 1, count: has);
        var cursor = other.OpenCursor(null, LogPosition.Oldest);
        cursor.ReadBatch(new ArrayBufferWriter<byte>(), 1000, 1 << 20);
        return cursor.GetResumeToken().ToString();
    }

    private static (List<(ulong Epoch, ulong Sequence)> Events, List<Loss> Losses) Resume(EventLog log, string token)
    {
        var cursor = log.OpenCursor(null, log.Resume(token).Position);
        var output = new ArrayBufferWriter<byte>();
        var losses = new List<Loss>();
        for (CursorBatch batch = default; !batch.AtEnd;)
        {
            batch = cursor.ReadBatch(output, 1000, 1 << 20);
            losses.AddRange(batch.Losses);
        }

        var events = StreamEventsResponse.Parser.ParseFrom(output.WrittenSpan).Events;
        return ([.. events.Select(read => (Convert.ToUInt64(read.Id[..16], 16), read.Sequence))], losses);
    }

    private static void Take(EventLog log, AgentNode node, ulong epoch, int first, int count)
    {
        using var batch = new AgentBatch();
        batch.Fill(new ReadOnlySequence<byte>(TestEvents.Bytes(TestEvents.Message(epoch, Node, (ulong)first, count))));
        var before = new OriginPoint(first - 1, first - 1);
        Assert.That(new BatchReader(Node, epoch, log.Types).Read(batch, before), Is.Null);
        node.Take(batch, epoch);
    }

    private static EventLog NewLog(ulong epoch) =>
        new(new EventLogOptions { TracksOrigins = true }, epoch, TimeProvider.System);
}
