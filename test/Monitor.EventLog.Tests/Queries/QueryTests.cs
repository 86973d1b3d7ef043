namespace Monitor.EventLog.Tests;

public sealed class QueryTests
{
    [Test]
    public void Query_NoFilter_ReturnsTheNewestFirst()
    {
        using var log = TestLog.Create();
        log.AppendConnections(1000);

        var response = log.Read(new EventQuery { Limit = 3 });

        Assert.That(response.Events.Select(read => read.Sequence), Is.EqualTo(new[] { 1000ul, 999ul, 998ul }));
        Assert.That(response.TotalCount, Is.EqualTo(1000));
        Assert.That(response.NextPageToken, Is.Not.Empty);
    }
}
