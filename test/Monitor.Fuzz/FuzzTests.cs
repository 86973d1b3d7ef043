using Monitor.Fuzz.Running;

namespace Monitor.Fuzz;

/// <summary>The short run: the same inputs each time.</summary>
internal sealed class FuzzTests
{
    private const int Seed = 1;

    private static IEnumerable<TestCaseData> Cases => FuzzCases.All.Select(fuzzCase => new TestCaseData(fuzzCase).SetArgDisplayNames(fuzzCase.Name));

    [TestCaseSource(nameof(Cases))]
    public async Task RandomInputs_OfTheShortRun_DoNoHarm(object fuzzCase)
    {
        var subject = (FuzzCase)fuzzCase;

        var tried = await new FuzzRun(subject, Seed, TestContext.Progress).RunAsync(0, subject.ShortInputs, TimeSpan.FromMinutes(2));

        Assert.That(tried, Is.EqualTo(subject.ShortInputs));
    }
}
