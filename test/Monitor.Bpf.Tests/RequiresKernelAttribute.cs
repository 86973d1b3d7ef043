using Monitor.Bpf.Kernel;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Monitor.Bpf.Tests;

/// <summary>
/// Marks tests that load BPF programs. Where that is not possible they are skipped with the reason, or fail with it where
/// CI_KERNEL_REQUIRED=1.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class RequiresKernelAttribute : NUnitAttribute, IApplyToTest
{
    // bpf_perf_event_output of enum bpf_func_id; since 4.4.
    private const int PerfEventOutput = 25;

    private static readonly Lazy<string?> Reason = new(FindReason);

    public void ApplyToTest(Test test)
    {
        ArgumentNullException.ThrowIfNull(test);
        test.Properties.Add(PropertyNames.Category, "Kernel");
        if (test.RunState == RunState.NotRunnable || Reason.Value is not { } reason)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("CI_KERNEL_REQUIRED") == "1")
        {
            test.MakeInvalid($"CI_KERNEL_REQUIRED=1, but: {reason}");
            return;
        }

        test.RunState = RunState.Ignored;
        test.Properties.Set(PropertyNames.SkipReason, reason);
    }

    private static string? FindReason()
    {
        if (Capabilities.OfThisProcess().DescribeMissing() is { } missing)
        {
            return missing;
        }

        try
        {
            return BpfFeatures.HasHelper(BpfProgramType.RawTracepoint, PerfEventOutput) ? null : "The kernel has no BPF for tracing.";
        }
        catch (BpfException e)
        {
            return e.Message;
        }
    }
}
