using System.Runtime.InteropServices;

namespace Monitor.Bpf.Tests;

/// <summary>Programs that the kernel runs on what it is given.</summary>
[RequiresKernel]
internal sealed class ProgramTestRunTests
{
    private const int EthernetBytes = 14, MarkOffset = 8;

    private BpfObject _object = null!;

    [SetUp]
    public void LoadObject()
    {
        _object = TestObjects.Open("test_run");
        _object.Load();
    }

    [TearDown]
    public void CloseObject() => _object.Dispose();

    // Since 5.10 (1b4d60ec162f), which is the least that tests run on.
    [Test]
    public void TestRun_RawTracepoint_GetsItsArguments()
    {
        var run = _object.Program("add").TestRun(context: MemoryMarshal.AsBytes<ulong>([40, 2]));

        Assert.That(run.ReturnValue, Is.EqualTo(42));
        Assert.That((run.Packet.Length, run.Context.Length), Is.EqualTo((0, 0)));
    }

    [Test]
    public void TestRun_OfAPacket_GivesThePacketAndTheContextAfterIt()
    {
        var packet = new byte[60];
        packet[EthernetBytes] = 0x0f;
        var context = new byte[MarkOffset + sizeof(uint)];
        context[MarkOffset] = 21;

        var run = _object.Program("turn").TestRun(packet, context, repeat: 1);

        Assert.That(run.ReturnValue, Is.EqualTo(packet.Length));
        Assert.That(run.Packet.Length, Is.EqualTo(packet.Length));
        Assert.That(run.Packet.Span[EthernetBytes], Is.EqualTo(0xf0));
        Assert.That(BitConverter.ToUInt32(run.Context.Span[MarkOffset..]), Is.EqualTo(42));
    }

    [Test]
    public void TestRun_Often_TellsTheTimeOfOne()
    {
        var run = _object.Program("turn").TestRun(new byte[60], repeat: 100_000);

        Assert.That(run.Nanoseconds, Is.InRange(1, 100_000));
    }

    [Test]
    public void TestRun_WithoutThePacketThatItWants_IsRefused() => Assert.That(
        () => _object.Program("turn").TestRun(),
        Throws.TypeOf<BpfException>().With.Message.Contain("turn").And.Property(nameof(BpfException.ErrnoName)).EqualTo("EINVAL"));

    [Test]
    public void TestRun_OfATypeThatTheKernelDoesNotRun_IsRefused() => Assert.That(
        () => _object.Program("refused").TestRun(), Throws.TypeOf<BpfException>().With.Message.Contain("refused"));
}
