using Monitor.Agent.Monitors;
using Monitor.Bpf.Btf;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>Whether <c>drop_reasons.txt</c> knows the reasons of the running kernel.</summary>
[RequiresKernel]
internal sealed class DropReasonTableTests
{
    // Values of the enumerations that are never the reason of a drop.
    private static readonly string[] NoReasons =
        ["NOT_DROPPED_YET", "CONSUMED", "MAX", "SUBSYS_MASK", "SUBSYS_NUM", "QDISC_DROP_MAX", "OVS_DROP_MAX"];

    [Test]
    public void Table_EachReasonOfThisKernel_HasAnEntry()
    {
        var names = DropReasonNames.Of(KernelBtf.TryOpen()!).Select(reason => reason.Name).ToList();
        if (names.Count == 0)
        {
            Assert.Ignore("This kernel gives no reasons: it is older than 5.17.");
        }

        // Wi-Fi names some hundred, which are all explained as those of their subsystem.
        var missing = names.Except(NoReasons).Where(name => !name.TrimStart('_').StartsWith("RX_", StringComparison.Ordinal))
            .Where(name => DropReasons.Find(name) is null);

        Assert.That(names, Does.Contain("NO_SOCKET"), "the names were read");
        Assert.That(missing, Is.Empty, "Each needs a line in src/Monitor.Agent/Monitors/drop_reasons.txt.");
    }
}
