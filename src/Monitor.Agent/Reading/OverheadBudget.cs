using Monitor.Agent.Loading;

namespace Monitor.Agent.Reading;

/// <summary>
/// Decides how many events per second each monitor may report so that all of them together stay within a budget. Above it, the
/// costliest one is limited to its part of what is left; well below it, limits are raised again, a quarter at a time. A limit that
/// leaves nothing out is lifted whatever the cost, and few events are not limited: then something else costs, such as readers.
/// </summary>
/// <param name="budget">Part of the machine's CPU time that may be used, above 0.</param>
internal sealed class OverheadBudget(double budget)
{
    // Below this part of the budget there is room to raise a limit without falling back at once.
    private const double Comfortable = 0.7;

    // Never cut to less than half at once: a second of an unusual kind says little about the next.
    private const double SteepestCut = 0.5;

    private const double Raise = 1.25;

    // What is left is a sample, not silence.
    private const ulong LeastPerSecond = 10;

    /// <summary>One monitor in the second that has passed.</summary>
    /// <param name="Cost">Part of the machine's CPU time that its events took, in the kernel and in the agent.</param>
    /// <param name="Passed">Events per second that it reported.</param>
    /// <param name="Produced">Events per second that it saw.</param>
    /// <param name="Limit">Its limit; <see cref="LoadedMonitor.NoLimit"/>.</param>
    public readonly record struct Usage(double Cost, double Passed, double Produced, ulong Limit);

    /// <summary>The limits for the next second, in the same order.</summary>
    /// <param name="total">Part of the machine's CPU time that the agent and its programs took.</param>
    /// <param name="usages">At least one.</param>
    public ulong[] Decide(double total, IReadOnlyList<Usage> usages)
    {
        var limits = usages.Select(usage => usage.Limit).ToArray();
        var costliest = Enumerable.Range(0, limits.Length).MaxBy(i => usages[i].Cost);
        for (var i = 0; i < limits.Length; i++)
        {
            if (total > budget && i == costliest && usages[i].Passed > LeastPerSecond)
            {
                var passed = Math.Min(usages[i].Passed, limits[i]);
                limits[i] = Math.Max(LeastPerSecond, (ulong)(passed * Math.Max(SteepestCut, budget / total)));
            }
            else if (limits[i] != LoadedMonitor.NoLimit)
            {
                var raised = total < budget * Comfortable ? limits[i] * Raise : limits[i];
                limits[i] = raised > usages[i].Produced * 2 ? LoadedMonitor.NoLimit : (ulong)raised;
            }
        }

        return limits;
    }
}
