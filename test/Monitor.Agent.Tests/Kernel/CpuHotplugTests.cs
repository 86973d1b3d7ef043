using Monitor.Agent.Loading;
using Monitor.Agent.OpenConnections;
using Monitor.Agent.Status;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>CPUs that go and come back. Takes one away from the whole machine.</summary>
[RequiresKernel]
internal sealed class CpuHotplugTests
{
    private const string Switch = "/sys/devices/system/cpu/cpu1/online";
    private static readonly TimeSpan Patience = Limit.OfSeconds(30);

    [SetUp]
    public void RequireHotplug()
    {
        if (Environment.GetEnvironmentVariable("CPU_HOTPLUG_ALLOWED") != "1")
        {
            Assert.Ignore("It takes a CPU away from the machine. Those of test/kernels allow that with CPU_HOTPLUG_ALLOWED=1.");
        }
    }

    [Test]
    public async Task Cpu_ThatComesBackToAnAgentWithoutCapabilities_DegradesTheProgramAndSaysWhatToDo()
    {
        using var kernel = WatchedKernel.WithoutCapabilities(new KernelFilter(), "connection");
        var programs = new AgentPrograms(
            WatchedKernel.NodeName, kernel.Pipelines, new LoadOutcome([kernel.Pipelines[0].Monitor], [], [], new SocketIterators(null, null, ""), null), new AgentRights(default, default, []));
        Assert.That((await programs.GetProgramsAsync(default)).Single().Status, Is.EqualTo(ProgramStatus.Active));

        File.WriteAllText(Switch, "0");
        var rings = kernel.Pipelines[0].Monitor.Rings;
        var gone = SpinWait.SpinUntil(() => rings.Count == 1, Patience);
        File.WriteAllText(Switch, "1");

        Assert.That(gone, Is.True);
        Assert.That(SpinWait.SpinUntil(() => rings.UnwatchedCpus.Count == 1, Patience), Is.True, "no ring is allowed");
        var program = (await programs.GetProgramsAsync(default)).Single();
        Assert.That(program.Status, Is.EqualTo(ProgramStatus.Degraded));
        Assert.That(program.Error, Does.StartWith("CPU 1").And.Contain("--keep-capabilities"));
    }

    [Test]
    public void Cpu_ThatGoesAndComesBack_IsWatchedAgain()
    {
        using var inside = new NetworkNamespace();
        using var kernel = new WatchedKernel(new KernelFilter { NetworkNamespace = inside.Inode }, names: "connection");
        var monitor = kernel.Pipelines[0].Monitor;
        var before = monitor.Rings.Count;
        Assert.That(before, Is.GreaterThan(1));

        File.WriteAllText(Switch, "0");
        try
        {
            Assert.That(SpinWait.SpinUntil(() => monitor.Rings.Count == before - 1, Patience), Is.True, "the ring is freed");
        }
        finally
        {
            File.WriteAllText(Switch, "1");
        }

        Assert.That(SpinWait.SpinUntil(() => monitor.Rings.Count == before, Patience), Is.True, "there is a new ring");
        var client = inside.Python("""
            os.sched_setaffinity(0, {1})
            s = socket.socket(type=socket.SOCK_DGRAM)
            s.connect(('127.0.0.1', 4711))
            """);
        Assert.That(kernel.Find(e => e.Pid == client.Pid).Destination, Is.EqualTo("127.0.0.1:4711"));
        kernel.Stop();
        Assert.That(WatchedKernel.Imbalance(kernel.Pipelines[0]), Is.Zero);
        Assert.That(kernel.Pipelines[0].Losses(LossCause.RingFull), Is.Zero);
    }
}
