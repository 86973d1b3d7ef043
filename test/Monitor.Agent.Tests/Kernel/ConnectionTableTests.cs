using Monitor.Agent.Loading;
using Monitor.Agent.OpenConnections;
using Monitor.Agent.Status;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>What is kept of connections, and what made room, in a table that is far too small.</summary>
[RequiresKernel]
internal sealed class ConnectionTableTests
{
    private const int Capacity = 64;

    // Both sides of so many connections are open at once, and end by a reset: nothing is learnt of them again at their end.
    private const string ManyAtOnce = """
        l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(500)
        pairs = []
        for i in range(400):
            c = socket.socket(); c.connect(l.getsockname()); pairs.append((c, l.accept()[0]))
        for c, s in pairs:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close(); s.close()
        print(l.getsockname()[1])
        """;

    [Test]
    public async Task Evicted_TableTooSmall_AsManyAsCloseWithoutTheirOpening()
    {
        using var inside = new NetworkNamespace();
        using var kernel = WatchedKernel.WithCapacity(
            new KernelFilter { NetworkNamespace = inside.Inode }, Capacity, "accept", "close", "connection", "packet_drop");
        var table = kernel.Loader.Connections!;
        var before = table.CountEvicted();

        var port = inside.Python(ManyAtOnce).Number;
        var closes = kernel.FindAll(e => e.Close is not null && e.DestinationPort == port || e.Close?.OpenBeforeStart == true, 800);
        var forgotten = (ulong)closes.Count(e => e.Close.OpenBeforeStart);

        Assert.That(table.Entries.MaxEntries, Is.EqualTo(Capacity));
        Assert.That(forgotten, Is.GreaterThanOrEqualTo(800ul - Capacity));
        // Others on this machine have connections too, of which nothing is seen but their eviction.
        Assert.That(table.CountEvicted() - before, Is.InRange(forgotten, forgotten * 3 / 2));
        Assert.That(closes.Where(e => e.Close.OpenBeforeStart).All(e => !e.HasPid && e.HasCgroupId));
        var programs = new AgentPrograms(
            WatchedKernel.NodeName,
            kernel.Pipelines,
            new LoadOutcome([], [], [], new SocketIterators(null, null, ""), table),
            new AgentRights(default, default, []));
        foreach (var program in await programs.GetProgramsAsync(default))
        {
            Assert.That(
                program.Counters.ConnectionsEvicted, program.Name == "connection" ? Is.Zero : Is.GreaterThanOrEqualTo(forgotten), program.Name);
        }
    }

    [Test]
    public void Evicted_TableLargeEnough_None()
    {
        using var inside = new NetworkNamespace();
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = inside.Inode }, false, "accept", "close");

        var port = inside.Python(ManyAtOnce).Number;
        kernel.FindAll(e => e.Close is not null && e.DestinationPort == port, 800);

        Assert.That(kernel.Loader.Connections!.CountEvicted(), Is.Zero);
        Assert.That(kernel.Events.Where(e => e.Close is { OpenBeforeStart: true } && e.DestinationPort == port), Is.Empty);
    }
}
