using Monitor.Agent.Loading;
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
}
