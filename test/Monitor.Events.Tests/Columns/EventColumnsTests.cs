using System.Net;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class EventColumnsTests
{
    [Test]
    public void Columns_Size_IsOneCacheLine()
    {
        Assert.That(Unsafe.SizeOf<EventColumns>(), Is.EqualTo(64));
    }

    [Test]
    public void TryParse_RandomEvents_AgreesWithTheBuilder()
    {
        var random = new Random(1);
        var types = new EventTypeTable();
        for (ulong sequence = 1; sequence <= 2000; sequence++)
        {
            var made = TestEvents.Random(random, sequence, TestEvents.Start + random.NextInt64(1L << 60));

            Assert.That(EventColumns.TryParse(made.ToByteArray(), types, out var parsed), Is.True);

            AssertSame(parsed, Build(made, types), made);
        }
    }

    [Test]
    public void TryParse_MergedEncodings_AgreesWithTheMergedEvent()
    {
        var random = new Random(2);
        var types = new EventTypeTable();
        for (ulong sequence = 1; sequence <= 1000; sequence++)
        {
            var first = TestEvents.Random(random, sequence, TestEvents.Start).ToByteArray();
            var second = TestEvents.Random(random, sequence, TestEvents.Start + 5).ToByteArray();
            byte[] both = [.. first, .. second];

            Assert.That(EventColumns.TryParse(both, types, out var parsed), Is.True);

            var merged = Event.Parser.ParseFrom(both);
            parsed.Flags |= ColumnFlags.Unique;
            AssertSame(parsed, Build(merged, types), merged);
        }
    }

    [Test]
    public void TryParse_DamagedBytes_AcceptsOnlyWhatEveryParserReadsAlike()
    {
        var random = new Random(3);
        var types = new EventTypeTable();
        var accepted = 0;
        for (ulong round = 1; round <= 10_000; round++)
        {
            var bytes = Damage(random, TestEvents.Random(random, round, TestEvents.Start).ToByteArray());
            if (!EventColumns.TryParse(bytes, types, out var parsed))
            {
                continue;
            }

            accepted++;
            var read = Event.Parser.ParseFrom(bytes);
            parsed.Flags |= ColumnFlags.Unique;
            AssertSame(parsed, Build(read, types), read);
        }

        Assert.That(accepted, Is.InRange(500, 9_500), "The damage is too little or too much to say anything.");
    }

    [Test]
    public void TryParse_EveryTruncation_NeverThrows()
    {
        var types = new EventTypeTable();
        var bytes = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        var accepted = Enumerable.Range(0, bytes.Length)
            .Count(length => EventColumns.TryParse(bytes.AsSpan(0, length), types, out _));

        // Between two fields, and nowhere else.
        var fields = 0;
        for (var input = new CodedInputStream(bytes); input.ReadTag() != 0; fields++)
        {
            input.SkipLastField();
        }

        Assert.That(accepted, Is.EqualTo(fields));
    }

    [TestCase("0a02c328", "text that is not UTF-8")]
    [TestCase("2a0210ff93ebdc03", "a time with more than a second of nanos")]
    [TestCase("2a06088092b8c398feffffffff", "a length beyond the end")]
    [TestCase("2a0b08ffffffffffffffff7f", "a time after the year 9999")]
    [TestCase("58ffffffffffffffffffff01", "a number of eleven bytes")]
    [TestCase("5b5c", "a group")]
    [TestCase("0001", "field number 0")]
    [TestCase("f2010212c3", "a detail that is cut short")]
    [TestCase("f2010c220a08ffffffffffffffff7f", "a duration of more than 10 000 years")]
    [TestCase("ff", "a tag that is cut short")]
    public void TryParse_Malformed_ReturnsFalse(string hex, string what)
    {
        Assert.That(EventColumns.TryParse(Convert.FromHexString(hex), new EventTypeTable(), out _), Is.False, what);
    }

    [Test]
    public void TryParse_FieldsOfALaterVersion_ArePassedOver()
    {
        var types = new EventTypeTable();
        var known = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        // Field 100 of each wire type but groups.
        byte[] later =
        [
            .. known,
            0xa0, 0x06, 0x96, 0x01,
            0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8,
            0xa2, 0x06, 2, 0xff, 0xfe,
            0xa5, 0x06, 1, 2, 3, 4,
        ];

        Assert.That(EventColumns.TryParse(later, types, out var parsed), Is.True);
        Assert.That(EventColumns.TryParse(known, types, out var expected), Is.True);
        AssertSame(parsed, expected, Event.Parser.ParseFrom(known));
    }

    [Test]
    public void TryParseAndBuild_Warm_AllocateNothing()
    {
        var types = new EventTypeTable();
        var bytes = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        EventColumns.TryParse(bytes, types, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            EventColumns.TryParse(bytes, types, out _);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static byte[] Damage(Random random, byte[] bytes)
    {
        for (var faults = 1 + random.Next(2); faults > 0; faults--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]]; break;
                default: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 9))..]]; break;
            }

            if (bytes.Length == 0)
            {
                break;
            }
        }

        return bytes;
    }

    // JSON transcoding writes no negative duration, and would refuse the whole list that the event is in.
    [TestCase(0, -1)]
    [TestCase(-1, 0)]
    [TestCase(253_402_300_800, 0)]
    public void TryParse_HandshakeTimeThatCannotBe_IsRefused(long seconds, int nanos)
    {
        var made = TestEvents.Connection(1, TestEvents.Start);
        made.Connection.HandshakeTime = new() { Seconds = seconds, Nanos = nanos };

        Assert.That(EventColumns.TryParse(made.ToByteArray(), new EventTypeTable(), out _), Is.False);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Append_WithAPeer_IsFoundByItAndReadByParsers(bool hasOther)
    {
        using var log = TestLog.Create();
        var made = TestEvents.Random(new Random(3), 1, 5);
        made.ClearPeerPodName();
        made.ClearPeerNamespace();
        made.ClearPeerWorkloadName();
        made.ClearPeerServiceName();
        made.ClearPeerNodeName();
        var sent = made.Clone();
        if (hasOther)
        {
            sent.PeerPodName = "forged";
        }

        Assert.That(EventColumns.TryParse(sent.ToByteArray(), log.Types, out var columns), Is.True);
        Assert.That(log.Append(columns, sent.ToByteArray(), new Event { PeerPodName = "cart-0" }.ToByteArray()), Is.True);
        log.Publish();

        var expected = made.Clone();
        expected.PeerPodName = "cart-0";
        Assert.That(log.Read(new EventQuery { Filter = new EventFilter { PeerPodName = { "forged" } } }).Events, Is.Empty);
        Assert.That(
            log.Read(new EventQuery { Filter = new EventFilter { PeerPodName = { "cart-0" } } }).Events,
            Is.EqualTo(new[] { expected }));
    }

    /// <summary>What the builder makes of an event, as an agent would use it.</summary>
    private static EventColumns Build(Event made, EventTypeTable types)
    {
        var builder = new EventColumnsBuilder(ModelFilter.Time(made), types.GetOrAdd(made.Type));
        When(made.ReportsFailure(), () => builder.SetFailed());
        When(made.HasPid, () => builder.SetPid(made.Pid));
        When(made.HasCommand, () => builder.SetCommand(EventColumns.Hash(made.Command)));
        When(made.HasK8SNodeName, () => builder.SetKubernetesNodeName(EventColumns.Hash(made.K8SNodeName)));
        When(made.HasK8SPodName, () => builder.SetKubernetesPodName(EventColumns.Hash(made.K8SPodName)));
        When(made.HasK8SNamespace, () => builder.SetKubernetesNamespace(EventColumns.Hash(made.K8SNamespace)));
        When(
            made.HasPeerPodName || made.HasPeerNamespace || made.HasPeerWorkloadName || made.HasPeerServiceName
                || made.HasPeerNodeName,
            () => builder.SetPeer());
        When(made.NodeName.Length > 0, () => builder.SetNodeName(EventColumns.Hash(made.NodeName)));
        When(made.HasSourcePort && made.SourcePort < 65536, () => builder.SetSourcePort((ushort)made.SourcePort));
        When(
            made.HasDestinationPort && made.DestinationPort < 65536,
            () => builder.SetDestinationPort((ushort)made.DestinationPort));
        When(
            made.HasProtocol,
            () => builder.SetProtocol(IpProtocols.TryParse(made.Protocol, out var number) ? number : 255));
        When(IsAddress(made.SourceIp), () => builder.SetSource(IPAddress.Parse(made.SourceIp).GetAddressBytes()));
        When(
            IsAddress(made.DestinationIp),
            () => builder.SetDestination(IPAddress.Parse(made.DestinationIp).GetAddressBytes()));
        return builder.Build();
    }

    // IPAddress knows more forms, of IPv4 above all: 1, 0x7f.1, [::1], ::1%eth0.
    private static bool IsAddress(string text) => IpText.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _, out _);

    private static void When(bool condition, Action action)
    {
        if (condition)
        {
            action();
        }
    }

    private static void AssertSame(EventColumns actual, EventColumns expected, Event made)
    {
        // Behind columns that say "none" anything may stand.
        static object Comparable(EventColumns columns) => (
            (columns.TimeUnixNanos, columns.TypeId, columns.Flags, columns.Pid, columns.SourcePort),
            (columns.DestinationPort, columns.Source, columns.Destination),
            (columns.Flags & ColumnFlags.HasProtocol) != 0 ? columns.ProtocolCode : 0,
            (columns.CommandHash, columns.PodHash, columns.NamespaceHash),
            columns.KubernetesNodeHash);

        Assert.That(Comparable(actual), Is.EqualTo(Comparable(expected)), () => made.ToString());
        if (made.NodeName.Length > 0)
        {
            Assert.That(actual.NodeHash, Is.EqualTo(expected.NodeHash));
        }
    }
}
