using System.Globalization;
using Monitor.Agent.Loading;
using Monitor.Agent.Reading;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>More than the agent may be able to take: whatever happens, nothing is lost silently.</summary>
[RequiresKernel]
internal sealed class StormTests
{
    [Test]
    public void Storm_ManyAttemptsAtOnce_BalancesToZero()
    {
        using var inside = new NetworkNamespace();
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = inside.Inode });

        // Two processes, with as many attempts as Python makes in a few seconds, and a drop for each of the second's.
        const int attempts = 200_000;
        var storm = inside.Python($"""
            if os.fork() == 0:
                s = socket.socket(type=socket.SOCK_DGRAM)
                for i in range({attempts}): s.connect(('127.0.0.1', 1 + i % 1000))
                s.close(); os._exit(0)
            s = socket.socket(type=socket.SOCK_DGRAM)
            for i in range({attempts}): s.sendto(b'x', ('127.0.0.1', 1))
            os.wait()
            """);
        kernel.Stop();

        var connections = kernel.Pipelines.Single(pipeline => pipeline.Monitor.Definition.Name == "connection");
        Assert.That(connections.Stored + connections.Losses(LossCause.RingFull), Is.EqualTo((ulong)attempts));
        foreach (var pipeline in kernel.Pipelines)
        {
            Assert.That(WatchedKernel.Imbalance(pipeline), Is.Zero, pipeline.Monitor.Definition.Name);
            var lost = kernel.Losses.Where(loss => loss.Type == pipeline.Monitor.Definition.Name).Aggregate(0ul, (sum, loss) => sum + loss.Count);
            Assert.That(lost, Is.EqualTo(pipeline.Monitor.Counters.Read().Lost), "every loss is in the log");
        }

        // Stored by sequence = what a reader gets: all numbers, each once.
        Assert.That(kernel.Events.Select(e => e.Sequence), Is.EqualTo(Enumerable.Range(1, kernel.Events.Count).Select(n => (ulong)n)));
        Assert.That(storm.Pid, Is.Not.Zero);
    }

    [Test]
    public void Storm_OfConnections_EveryTypeBalancesToZero()
    {
        // 20 s on two CPUs; fewer where the machine is slow.
        var cycles = int.Parse(Environment.GetEnvironmentVariable("STORM_CYCLES") ?? "200000", CultureInfo.InvariantCulture);
        string[] types = ["accept", "close", "connection", "dns", "listen_overflow", "packet_drop", "reset", "retransmit"];
        using var inside = new NetworkNamespace();
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = inside.Inode }, false, types);

        // Every second one ends by a reset. Of many addresses, since TIME_WAIT keeps the ports.
        inside.Python($"""
            l = socket.socket(); l.bind(('0.0.0.0', 0)); l.listen(4096); port = l.getsockname()[1]
            if os.fork() == 0:
                l.close(); linger = struct.pack('ii', 1, 0)
                for i in range({cycles}):
                    c = socket.socket(); c.connect(('127.0.%d.%d' % (i % 5, 1 + i % 50), port))
                    if i % 2: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    c.close()
                os._exit(0)
            for i in range({cycles}): s, _ = l.accept(); s.close()
            os.wait()
            """, TimeSpan.FromMinutes(5));
        var pipelines = kernel.Pipelines.ToDictionary(pipeline => pipeline.Monitor.Definition.Name);
        SpinWait.SpinUntil(() => Passed(pipelines["close"]) >= 2ul * (ulong)cycles, TimeSpan.FromSeconds(2));
        kernel.Stop();

        Assert.That(pipelines.Keys, Is.EquivalentTo(types));
        foreach (var (name, pipeline) in pipelines)
        {
            var counters = pipeline.Monitor.Counters.Read();
            Assert.That(WatchedKernel.Imbalance(pipeline), Is.Zero, name);
            Assert.That((counters.Lost, counters.Pending), Is.EqualTo((pipeline.Losses(LossCause.RingFull), 0ul)), name);
        }

        Assert.That(Told(pipelines["connection"]), Is.EqualTo(cycles));
        Assert.That(Told(pipelines["accept"]), Is.EqualTo(cycles));
        // The kernel runs no program within itself: what happens in a softirq that interrupts it is missing, and counted there.
        var missed = pipelines["close"].Monitor.Hooks.Sum(hook => (long)(hook.Program?.MissedRuns ?? 0));
        Assert.That((long)Told(pipelines["close"]), Is.InRange(2 * cycles - missed, 2 * cycles));
        Assert.That(missed, Is.LessThan(cycles / 20));
        Assert.That(Told(pipelines["reset"]), Is.GreaterThanOrEqualTo(cycles * 9 / 10), "sent and received");
        Assert.That(kernel.Loader.Connections!.CountEvicted(), Is.Zero);
        TestContext.Out.WriteLine($"{cycles} cycles, {missed} runs of close left out by the kernel");
    }

    // Of others on this machine, which are filtered, there may be some at any time.
    private static ulong Passed(MonitorPipeline pipeline) =>
        pipeline.Monitor.Counters.Read() is var counters ? counters.Produced - counters.Filtered : 0;

    private static ulong Told(MonitorPipeline pipeline) => pipeline.Stored + pipeline.Losses(LossCause.RingFull);
}
