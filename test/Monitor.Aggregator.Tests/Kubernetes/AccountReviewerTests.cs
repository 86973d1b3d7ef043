using Monitor.Aggregator.Kubernetes;

namespace Monitor.Aggregator.Tests.Kubernetes;

/// <summary>What the API server is not asked about.</summary>
internal sealed class AccountReviewerTests
{
    [TestCase("shop", true)]
    [TestCase("kube-system", true)]
    [TestCase("team-1", true)]
    [TestCase("", false)]
    [TestCase("*", false)]
    [TestCase("Shop", false)]
    [TestCase("shop ", false)]
    [TestCase("shop\u0000", false)]
    [TestCase("shop/../other", false)]
    public void Namespace_ByItsName_CanBeOne(string name, bool expected) =>
        Assert.That(AccountReviewer.IsNamespace(name), Is.EqualTo(expected));

    // Up to 4 MiB fit in a request, and answers are kept.
    [TestCase(63, true)]
    [TestCase(64, false)]
    [TestCase(4 << 20, false)]
    public void Namespace_TooLong_IsNone(int length, bool expected) =>
        Assert.That(AccountReviewer.IsNamespace(new string('n', length)), Is.EqualTo(expected));
}
