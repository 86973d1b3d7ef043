using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Agent.Loading;
using Monitor.Server;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Monitors that are attached and detached while their rings are read.</summary>
[RequiresKernel]
internal sealed class OnDemandTests
{
    private static readonly ProgramDemand Nothing = new(false, new HashSet<string>());

    [TestCase("connection")]
    [TestCase("accept")]
    [TestCase("close")]
    [TestCase("packet_drop")]
    [TestCase("reset")]
    public void Demand_ComesAndGoes_EventsOnlyWhileItIsThere(string name)
    {
        using var inside = new NetworkNamespace();
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = inside.Inode }, false, name);
        var monitor = kernel.Pipelines.Single().Monitor;
        var attached = Attached(monitor);
        var onDemand = new OnDemandMonitors([monitor], NullLogger.Instance);
        onDemand.Begin();
        // Others on this machine may have been seen before.
        var start = monitor.Counters.Read();

        MakeAll(inside);
        var before = monitor.Counters.Read();
        onDemand.Follow(new ProgramDemand(false, new HashSet<string> { name }));
        var paused = monitor.IsPaused;
        var attachedAgain = Attached(monitor);
        MakeAll(inside);
        kernel.Find(e => e.Type == name);
        onDemand.Follow(Nothing);
        var during = monitor.Counters.Read();
        MakeAll(inside);
        var after = monitor.Counters.Read();
        kernel.Stop();

        Assert.That((before.Produced, before.PendingAdded), Is.EqualTo((start.Produced, start.PendingAdded)));
        Assert.That(paused, Is.False);
        Assert.That(attachedAgain, Is.EqualTo(attached));
        Assert.That(after.PendingAdded, Is.EqualTo(during.PendingAdded));
        // What was pending may still end.
        Assert.That(after.Produced - during.Produced, Is.LessThanOrEqualTo(during.Pending));
        Assert.That(kernel.Pipelines.Select(WatchedKernel.Imbalance), Is.All.Zero);
    }

    private static string[] Attached(LoadedMonitor monitor) =>
        [.. monitor.Hooks.Where(hook => hook.Link is not null).Select(hook => hook.Definition.Program)];

    // A TCP connection that is reset, and a datagram that is dropped.
    private static void MakeAll(NetworkNamespace inside) => inside.Python("""
        l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()
        c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept()
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close(); s.close()
        u = socket.socket(type=socket.SOCK_DGRAM); u.sendto(b'x', ('127.0.0.1', 1))
        """);
}
