using Monitor.Agent.Loading;
using Monitor.Agent.Reading;

namespace Monitor.Agent.Tests.Loading;

internal sealed class OverheadBudgetTests
{
    private const ulong Free = LoadedMonitor.NoLimit;

    [Test]
    public void Decide_WithinTheBudget_NothingIsLimited()
    {
        var limits = new OverheadBudget(0.02).Decide(0.019, [new(0.015, 1000, 1000, Free), new(0.004, 10, 10, Free)]);

        Assert.That(limits, Is.All.EqualTo(Free));
    }

    [Test]
    public void Decide_AboveTheBudget_TheCostliestIsCutToItsPart()
    {
        var limits = new OverheadBudget(0.02).Decide(0.03, [new(0.005, 9000, 9000, Free), new(0.025, 3000, 3000, Free)]);

        Assert.That(limits, Is.EqualTo(new[] { Free, 2000ul }));
    }

    [TestCase(1.0, 1000ul, 500ul, TestName = "Decide_FarAbove_NotMoreThanHalfAtOnce")]
    [TestCase(1.0, 12ul, 10ul, TestName = "Decide_FarAboveWithFewEvents_ASampleIsLeft")]
    public void Decide_FarAbove(double total, ulong passed, ulong expected)
    {
        Assert.That(new OverheadBudget(0.02).Decide(total, [new(total, passed, passed, Free)]), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public void Decide_BetweenComfortAndBudget_LimitsStay()
    {
        Assert.That(new OverheadBudget(0.02).Decide(0.018, [new(0.018, 1000, 5000, 1000)]), Is.EqualTo(new[] { 1000ul }));
    }

    [Test]
    public void Decide_ComfortablyBelow_LimitsRiseUntilNobodyNeedsThem()
    {
        var budget = new OverheadBudget(0.02);

        Assert.That(budget.Decide(0.01, [new(0.01, 1000, 5000, 1000)]), Is.EqualTo(new[] { 1250ul }));
        Assert.That(budget.Decide(0.01, [new(0.01, 100, 100, 1000)]), Is.EqualTo(new[] { Free }));
    }

    // It is over, and something else costs, such as readers.
    [TestCase(10ul, 3.0, TestName = "Decide_AboveTheBudgetWithFewEvents_LiftsTheLimit")]
    [TestCase(Free, 9.0, TestName = "Decide_AboveTheBudgetWithFewEvents_LimitsNothing")]
    public void Decide_AboveTheBudgetWithFewEvents(ulong limit, double produced)
    {
        Assert.That(new OverheadBudget(0.02).Decide(0.5, [new(0.5, produced, produced, limit)]), Is.EqualTo(new[] { Free }));
    }

    // No limit lowers what a program costs in the kernel. Others do not pay for it.
    [Test]
    public void Decide_TheCostliestPassesTheLeastAlready_NobodyElseIsLimited()
    {
        var limits = new OverheadBudget(0.02).Decide(0.5, [new(0.49, 9.9, 1_000_000, 10), new(0.01, 500, 500, Free)]);

        Assert.That(limits, Is.EqualTo(new[] { 10ul, Free }));
    }

    // A storm whose cost follows what passes: the budget is reached, and kept within a fifth from then on.
    [Test]
    public void Decide_OverASteadyStorm_SettlesAtTheBudget()
    {
        const double perEvent = 1e-6, produced = 200_000;
        var budget = new OverheadBudget(0.02);
        var limit = Free;
        var totals = new List<double>();
        for (var second = 0; second < 60; second++)
        {
            var passed = Math.Min(produced, limit);
            totals.Add(passed * perEvent);
            limit = budget.Decide(totals[^1], [new(totals[^1], passed, produced, limit)])[0];
        }

        Assert.That(totals[0], Is.GreaterThan(0.1));
        Assert.That(totals.Skip(10), Is.All.InRange(0.013, 0.024));
    }
}
