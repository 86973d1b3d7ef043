using Monitor.Aggregator.Discovery;
using Monitor.Aggregator.Tests.Support;

namespace Monitor.Aggregator.Tests.Discovery;

internal sealed class StaticDiscoveryTests
{
    [Test]
    public async Task Watch_GivesTheSetOnceAndEnds()
    {
        await using var watched = new WatchedDiscovery(new StaticDiscovery(AgentList.Parse("a\nb:1").Agents));

        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "a:50051", "b:1" }));
        Assert.That(await watched.NextAsync(), Is.Null);
    }
}
