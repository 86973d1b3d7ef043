namespace Monitor.ClickHouse.Tests;

public sealed class ArchiveUrlTests
{
    [TestCase("http://localhost/monitor", "http://default@localhost:8123/monitor", true)]
    [TestCase("https://ch.example/monitor", "https://default@ch.example:8443/monitor", false)]
    [TestCase("https://a%20user@ch.example:9999/db", "https://a user@ch.example:9999/db", false)]
    [TestCase("https://ch.example:443/monitor", "https://default@ch.example:443/monitor", false)]
    [TestCase("http://monitor@[::1]:8123/monitor", "http://monitor@[::1]:8123/monitor", true)]
    public void Url_Good_IsRead(string text, string shown, bool isOnThisMachine)
    {
        Assert.That(ArchiveUrl.TryParse(text, out var url), Is.True);
        Assert.That(url!.ToString(), Is.EqualTo(shown));
        Assert.That(url.IsOnThisMachine, Is.EqualTo(isOnThisMachine));
    }

    [TestCase("localhost:8123")]
    [TestCase("tcp://localhost:9000/monitor")]
    [TestCase("http://localhost:8123")]
    [TestCase("http://localhost:8123/")]
    [TestCase("http://localhost:8123/a/b")]
    [TestCase("http://localhost:8123/a?user=b")]
    [TestCase("http://user:password@localhost:8123/monitor")]
    public void Url_Bad_IsNotRead(string text) => Assert.That(ArchiveUrl.TryParse(text, out _), Is.False);
}
