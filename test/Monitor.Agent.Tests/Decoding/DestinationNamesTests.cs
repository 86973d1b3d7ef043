using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Agent.Tests.Dns;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DestinationNamesTests
{
    private const ulong Second = 1_000_000_000;

    private static readonly byte[] Question = DnsMessages.Question("www.example.com");

    private readonly EventEncoder _encoder = new(Records.NodeName, Records.Epoch, names: new DestinationNames());

    [TestCase(12u, 77ul, "192.0.2.1", "www.example.com", Description = "who asked")]
    [TestCase(13u, 77ul, "192.0.2.1", "", Description = "another process")]
    [TestCase(12u, 78ul, "192.0.2.1", "", Description = "another process with its id")]
    [TestCase(12u, 77ul, "192.0.2.2", "", Description = "another address")]
    public void Connection_AfterTheAnswer_HasTheNameOfItsOwnQuestion(uint pid, ulong cgroup, string address, string name)
    {
        Learn(DnsMessages.Record(1, [192, 0, 2, 1]));

        Assert.That(Connect(pid, cgroup, address).DestinationName, Is.EqualTo(name));
    }

    [TestCase(0u, 59ul, true)]
    [TestCase(0u, 61ul, false)]
    [TestCase(300u, 299ul, true)]
    [TestCase(300u, 301ul, false)]
    [TestCase(0x8000_0000u, 61ul, false)]
    [TestCase(0x7fff_ffffu, 86_401ul, false)]
    public void Name_LivesAsLongAsTheServerSays_WithinLimits(uint ttl, ulong after, bool named)
    {
        Learn(DnsMessages.Record(1, [192, 0, 2, 1], ttl));

        Assert.That(Connect(12, 77, "192.0.2.1", after).HasDestinationName, Is.EqualTo(named));
    }

    [Test]
    public void Name_OfAnAlias_IsTheOneThatWasAskedFor()
    {
        Learn(DnsMessages.Record(5, [3, 119, 101, 98, 0]), DnsMessages.Record(28, System.Net.IPAddress.Parse("2001:db8::1").GetAddressBytes()));

        Assert.That(Connect(12, 77, "2001:db8::1").DestinationName, Is.EqualTo("www.example.com"));
    }

    [Test]
    public void Name_AskedAgain_IsTheLatest()
    {
        Learn(DnsMessages.Record(1, [192, 0, 2, 1]));
        LearnOf(DnsMessages.Question("later.example.com"), "later.example.com", DnsMessages.Record(1, [192, 0, 2, 1]));

        Assert.That(Connect(12, 77, "192.0.2.1").DestinationName, Is.EqualTo("later.example.com"));
    }

    [Test]
    public void Names_WithoutEnd_StayBounded()
    {
        var names = new DestinationNames();
        var scope = NameScope.OfProcess(1, 2);
        var found = 0;
        for (var i = 0; i < 100_000; i++)
        {
            names.Learn(Address(i), scope, "a.test"u8, 0, 300);
        }

        for (var i = 0; i < 100_000; i++)
        {
            found += names.Find(Address(i), scope, 1).IsEmpty ? 0 : 1;
        }

        Assert.That(found, Is.InRange(2_000, 4_096));
    }

    [Test]
    public void Names_InUse_StayLongest()
    {
        var names = new DestinationNames();
        var scope = NameScope.OfProcess(1, 2);
        names.Learn(Address(-1), scope, "used.test"u8, 0, 300);
        for (var i = 0; i < 100_000; i++)
        {
            names.Learn(Address(i), scope, "other.test"u8, 0, 300);
            Assert.That(names.Find(Address(-1), scope, 1).IsEmpty, Is.False);
        }
    }

    [Test]
    public void Name_DestinationBeforeProcess_IsTheSame()
    {
        Learn(DnsMessages.Record(1, [192, 0, 2, 1]));
        _encoder.Begin(EventEncoder.EncodeType("close"), 1, 7, Records.Timestamp, Records.Time);
        var address = Records.Address("192.0.2.1");
        _encoder.SetDestination(address, 443);
        _encoder.SetProcess(12, 13, 0, 77, new byte[16]);

        Assert.That(Event.Parser.ParseFrom(_encoder.Encoded.ToArray()).DestinationName, Is.EqualTo("www.example.com"));
    }

    [TestCase("cart-0", "www.example.com", Description = "the same pod, another process")]
    [TestCase("cart-1", "", Description = "another pod")]
    public void Name_InKubernetes_IsOfThePod(string pod, string name)
    {
        var pods = new PodByCgroup();
        var encoder = new EventEncoder(Records.NodeName, Records.Epoch, pods, names: new DestinationNames());
        pods.Name = "cart-0";
        Records.Decode(new DnsMonitor(), Answer(Question, "www.example.com", DnsMessages.Record(1, [192, 0, 2, 1])), encoder);
        pods.Name = pod;

        Assert.That(Connect(encoder, 999, 78, "192.0.2.1", 1).DestinationName, Is.EqualTo(name));
    }

    [Test]
    public void Name_OfAnAddressThatIsMasked_IsNotTold()
    {
        var encoder = new EventEncoder(
            Records.NodeName, Records.Epoch, null, new EventPrivacy(false, [System.Net.IPNetwork.Parse("192.0.2.0/24")]), new DestinationNames());
        Records.Decode(new DnsMonitor(), Answer(Question, "www.example.com", DnsMessages.Record(1, [192, 0, 2, 1])), encoder);

        Assert.That(Connect(encoder, 12, 77, "192.0.2.1", 1).HasDestinationName, Is.False);
    }

    private static byte[] Address(int i) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, .. BitConverter.GetBytes(i)];

    private static byte[] Answer(byte[] question, string name, params byte[][] records) => DnsMessages.Answered(
        question, DnsMessages.Message(0x8180, 1, records.Length, 0, [DnsMessages.Asked(DnsMessages.Name(name)), .. records]));

    private void Learn(params byte[][] records) => LearnOf(Question, "www.example.com", records);

    private void LearnOf(byte[] question, string name, params byte[][] records) =>
        Assert.That(Records.Decode(new DnsMonitor(), Answer(question, name, records), _encoder), Is.Not.Null);

    private Event Connect(uint pid, ulong cgroup, string address, ulong after = 1) => Connect(_encoder, pid, cgroup, address, after);

    private static Event Connect(EventEncoder encoder, uint pid, ulong cgroup, string address, ulong after)
    {
        var record = new ConnectionRecord
        {
            Pid = pid,
            CgroupId = cgroup,
            Destination = Records.Address(address),
            DestinationPort = 443,
            Protocol = 6,
            Outcome = 1,
        };
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<ConnectionRecord>(in record));
        return Records.Decode(new ConnectionMonitor(), bytes, encoder, Records.Timestamp + after * Second)!;
    }

    private sealed class PodByCgroup : PodLookup
    {
        public string Name { get; set; } = "";

        public override PodFields OfProcess(ulong cgroupId, uint pid) => new(Attribution.Cgroup, "shop", Name, $"container-{cgroupId}");

        public override PodFields OfSocket(ulong cgroupId, uint pid) => OfProcess(cgroupId, pid);

        public override PodFields OfPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, long timeUnixNanos) =>
            new(Attribution.NoProcess);
    }
}
