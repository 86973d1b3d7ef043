using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Limits;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LogLimitTests
{
    private const string WebServer = "Microsoft.AspNetCore.Server.Kestrel.Http2";

    private readonly ManualTime _time = new();
    private readonly OneLineFormatter _formatter;

    public LogLimitTests() => _formatter = new OneLineFormatter(new LogLimit(_time));

    [Test]
    public void Messages_ThatAClientProvokes_AreLimitedAndThoseLeftOutAreSaid()
    {
        var first = Enumerable.Range(0, 5000).Select(_ => Write(WebServer, 37)).ToList();

        Assert.That(first.Count(text => text.Length > 0), Is.EqualTo(10));
        Assert.That(first[9], Does.Match(@"critical Http2: too much \[more of these within a minute are counted, not written\]\n$"));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(Write(WebServer, 37), Does.Match(@"critical Http2: too much \[4990 more of these were not written\]\n$"));
        Assert.That(Write(WebServer, 37), Does.Match(@"critical Http2: too much\n$"));
    }

    [Test]
    public void Messages_OfOtherKinds_AreLimitedByThemselves()
    {
        Assert.That(Enumerable.Range(0, 50).Count(_ => Write(WebServer, 37).Length > 0), Is.EqualTo(10));

        Assert.That(Write(WebServer, 38), Is.Not.Empty);
        Assert.That(Write("Monitor.Server.ErrorBodies", 37), Is.Not.Empty);
    }

    [TestCase("Monitor.Aggregator.AgentLink", LogLevel.Warning)]
    [TestCase("Monitor.Server.EventRpcs", LogLevel.Debug)]
    public void Messages_ThatNoClientProvokes_AreAllWritten(string category, LogLevel level) =>
        Assert.That(Enumerable.Range(0, 500).Select(_ => Write(category, 1, level)), Has.All.Matches(@".* too much\n$"));

    private string Write(string category, int id, LogLevel level = LogLevel.Critical)
    {
        using var output = new StringWriter();
        _formatter.Write(new LogEntry<string>(level, category, id, "too much", null, (state, _) => state), null, output);
        return output.ToString();
    }
}
