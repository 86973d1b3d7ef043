using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Events;
using Monitor.V1;
using System.Runtime.InteropServices;

namespace Monitor.Agent.Tests.Decoding;

/// <summary>The table of drop reasons, and what becomes of it in events.</summary>
internal sealed class DropReasonsTests
{
    private static readonly Dictionary<uint, string> Names = new()
    {
        [2] = "NOT_SPECIFIED",
        [3] = "NO_SOCKET",
        [4] = "OF_A_LATER_KERNEL",
        [0x2_0000] = "SUBSYS_OPENVSWITCH",
        [0x2_0001] = "OVS_DROP_METER",
        [0x3_0000] = "SUBSYS_OF_A_LATER_KERNEL",
    };

    [Test]
    public void Table_EachExplanation_IsShortPlainSentences()
    {
        Assert.That(DropReasons.ByName, Has.Count.GreaterThan(150));
        foreach (var (name, (severity, text)) in DropReasons.ByName)
        {
            Assert.That(text, Does.Match("^[A-Z][ -~]+[.]$"), name);
            Assert.That(severity == DropSeverity.Unspecified, Is.EqualTo(name == DropReasons.NotSpecified), name);
        }
    }

    [TestCase("NO_SOCKET harmfull Nothing listens.")]
    [TestCase("NO_SOCKET harmful")]
    [TestCase("@nf_hook_slow NO_SUCH_REASON")]
    [TestCase("A benign x.\nA benign y.")]
    public void Read_ALineThatIsNone_IsRefused(string lines)
    {
        var refused = Assert.Throws<InvalidDataException>(() => DropReasons.Read(new StringReader(lines)));

        Assert.That(refused!.Message, Does.Contain(lines.Split('\n')[^1]));
    }

    [Test]
    public void Read_AnExplanationThatIsTooLong_IsRefused()
    {
        Assert.That(DropReasons.Read(new StringReader($"A benign {new string('x', 200)}")).ByName, Has.Count.EqualTo(1));
        Assert.Throws<InvalidDataException>(() => DropReasons.Read(new StringReader($"A benign {new string('x', 201)}")));
    }

    [TestCase("nf_hook_slow+0xa3", "NETFILTER_DROP")]
    [TestCase("nf_hook_slow.isra.0+0xa3", "NETFILTER_DROP")]
    [TestCase("arp_error_report+0x40", "NEIGH_FAILED")]
    public void FindByPlace_AFunctionWithOneReason_SaysThatReason(string symbol, string reason) =>
        Assert.That(DropReasons.FindByPlace(symbol), Is.EqualTo(DropReasons.Find(reason)).And.Not.Null);

    [TestCase("tcp_v4_rcv+0x80")]
    [TestCase("nf_hook_slowly+0x80")]
    [TestCase("")]
    public void FindByPlace_AnyOtherFunction_SaysNothing(string symbol) => Assert.That(DropReasons.FindByPlace(symbol), Is.Null);

    [TestCase(3u, "NO_SOCKET", "NO_SOCKET")]
    [TestCase(2u, "NOT_SPECIFIED", "NOT_SPECIFIED")]
    [TestCase(4u, "OF_A_LATER_KERNEL", null)]
    [TestCase(5u, "5", null)]
    [TestCase(0x2_0001u, "OVS_DROP_METER", "OVS_DROP_METER")]
    [TestCase(0x2_0007u, "131079", "SUBSYS_OPENVSWITCH")]
    [TestCase(0x3_0007u, "196615", null)]
    [TestCase(0x9_0007u, "589831", null)]
    public void Decode_AReason_SaysWhatTheTableSays(uint number, string name, string? entry)
    {
        var drop = PacketDropMonitorTests.Drop;
        drop.Reason = number;

        var detail = Records.Decode(Monitor(), drop)!.PacketDrop;

        var expected = entry is null ? default : DropReasons.Find(entry)!.Value;
        Assert.That((detail.Reason, detail.ReasonCode), Is.EqualTo((name, number)));
        Assert.That((detail.Severity, detail.Explanation), Is.EqualTo((expected.Severity, expected.Text ?? "")));
    }

    [Test]
    public void Decode_ReasonsSeenBefore_AllocateNothing()
    {
        var monitor = Monitor();
        var types = new EventTypeTable();
        var encoder = new EventEncoder(Records.NodeName, Records.Epoch);
        var type = EventEncoder.EncodeType(monitor.Name);
        var typeId = types.GetOrAdd(monitor.Name);
        var records = new[] { 2u, 3u, 5u, 0x2_0007u }.Select(reason => PacketDropMonitorTests.Drop with { Reason = reason }).ToArray();

        void DecodeAll()
        {
            foreach (ref var record in records.AsSpan())
            {
                encoder.Begin(type, typeId, 7, Records.Timestamp, Records.Time);
                monitor.Decode(MemoryMarshal.AsBytes(new Span<PacketDropRecord>(ref record)), encoder);
            }
        }

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                DecodeAll();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        DecodeAll();

        // The runtime itself may allocate on this thread, when it compiles: not again and again.
        Assert.That(Enumerable.Range(0, 5).Min(_ => Allocated()), Is.Zero);
    }

    private static PacketDropMonitor Monitor()
    {
        var monitor = new PacketDropMonitor();
        monitor.UseKernelNames(Names);
        return monitor;
    }
}
