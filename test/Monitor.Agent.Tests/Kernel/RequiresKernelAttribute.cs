using Monitor.Bpf.Kernel;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>
/// Marks tests that load programs into the kernel. Without the privileges or BTF they are skipped with what is missing;
/// where CI_KERNEL_REQUIRED is 1 they fail.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RequiresKernelAttribute : NUnitAttribute, IApplyToTest
{
    public void ApplyToTest(Test test)
    {
        var missing = Capabilities.OfThisProcess().DescribeMissing()
            ?? (File.Exists("/sys/kernel/btf/vmlinux") ? null : "This kernel has no BTF.");
        if (missing is null || test.RunState is RunState.NotRunnable)
        {
            return;
        }

        test.RunState = Environment.GetEnvironmentVariable("CI_KERNEL_REQUIRED") == "1" ? RunState.NotRunnable : RunState.Ignored;
        test.Properties.Set(PropertyNames.SkipReason, missing);
    }
}
