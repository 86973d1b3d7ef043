using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Monitor.Bpf.Attaching;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Tests;

/// <summary>Programs that are attached to an interface, or to a clock.</summary>
[RequiresKernel]
internal sealed class TargetTests
{
    private BpfObject _targets = null!;

    [SetUp]
    public void OpenObject()
    {
        _targets = TestObjects.Open("targets");
        foreach (var program in _targets.Programs)
        {
            program.AutoLoad = false;
        }
    }

    [TearDown]
    public void CloseObject() => _targets.Dispose();

    [Test]
    public void AttachXdp_Loopback_SeesPacketsUntilDisposed()
    {
        var program = Load("on_xdp");
        NetworkNamespace.Run(() =>
        {
            SeesPacketsUntilDisposed(() => program.AttachXdp(InterfaceIndex.Of("lo")), 0);
            using var first = program.AttachXdp(InterfaceIndex.Of("lo"));
            var e = Assert.Throws<BpfException>(() => program.AttachXdp(InterfaceIndex.Of("lo")));
            Assert.That(e!.ErrnoName, Is.EqualTo("EBUSY"));
            Assert.That(e.Message, Does.Contain("on_xdp").And.Contain("has an XDP program already"));
        });
        Assert.That(program.TypeName, Is.EqualTo("XDP"));
    }

    [TestCase("on_ingress", 1u, TrafficDirection.Ingress)]
    [TestCase("on_egress", 2u, TrafficDirection.Egress)]
    public void AttachTrafficControl_Loopback_SeesPacketsUntilDisposed(string name, uint target, TrafficDirection direction)
    {
        var program = Load(name);
        NetworkNamespace.Run(() =>
            SeesPacketsUntilDisposed(() => program.AttachTrafficControl(InterfaceIndex.Of("lo"), direction), target));
        Assert.That(program.TypeName, Is.EqualTo("traffic control"));
    }

    [Test]
    public void AttachFilter_AsBeforeLinks_SeesPacketsUntilDisposed()
    {
        var program = Load("on_ingress");
        NetworkNamespace.Run(() =>
        {
            try
            {
                SeesPacketsUntilDisposed(
                    () => InterfaceAttacher.AttachFilter(program, InterfaceIndex.Of("lo"), TrafficDirection.Ingress), 1);
            }
            catch (BpfException e) when (e.ErrnoName is "ENOENT" or "EOPNOTSUPP")
            {
                Assert.Ignore($"This kernel has no clsact: {e.Message}");
            }
        });
    }

    [Test]
    public void AttachTrafficControl_NoSuchInterface_SaysSo()
    {
        Assert.That(
            Assert.Throws<BpfException>(() => InterfaceIndex.Of("nowhere0"))!.Message, Does.Contain("nowhere0").And.Contain("ENODEV"));
        var program = Load("on_ingress");
        Assert.That(
            Assert.Throws<BpfException>(() => program.AttachTrafficControl(987654, TrafficDirection.Ingress))!.ErrnoName,
            Is.EqualTo("ENODEV"));
    }

    [Test]
    public void AttachPerfEvents_EveryCpu_RunsUntilDisposed()
    {
        var program = Load("on_clock");
        var links = program.AttachPerfEvents(99);
        Assert.That(links, Has.Count.EqualTo(CpuList.Online().Length));

        // Busy, because an idle CPU has no ticks.
        var clock = Stopwatch.StartNew();
        while (Runs(3) < 3 && clock.Elapsed < TimeSpan.FromSeconds(10))
        {
            Thread.SpinWait(1000);
        }

        foreach (var link in links)
        {
            link.Dispose();
        }

        var runs = Runs(3);
        Assert.That(runs, Is.GreaterThanOrEqualTo(3));
        clock.Restart();
        while (clock.Elapsed < TimeSpan.FromMilliseconds(200))
        {
            Thread.SpinWait(1000);
        }

        Assert.That(Runs(3), Is.EqualTo(runs));
        Assert.That(program.TypeName, Is.EqualTo("perf event"));
    }

    private void SeesPacketsUntilDisposed(Func<BpfLink> attach, uint target)
    {
        using (attach())
        {
            Send();
        }

        var seen = Runs(target);
        Send();
        Assert.That(seen, Is.GreaterThan(0));
        Assert.That(Runs(target), Is.EqualTo(seen));
    }

    private static void Send()
    {
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sender.SendTo([1], receiver.LocalEndPoint!);
        Assert.That(receiver.Receive(new byte[8]), Is.EqualTo(1));
    }

    private BpfProgram Load(string name)
    {
        _targets.Program(name).AutoLoad = true;
        _targets.Load();
        return _targets.Program(name);
    }

    private ulong Runs(uint target)
    {
        Assert.That(_targets.Map("runs").TryLookup(target, out ulong runs), Is.True);
        return runs;
    }
}
