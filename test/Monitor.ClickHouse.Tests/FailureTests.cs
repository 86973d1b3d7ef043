using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Server;
using Monitor.Server.Tests.Support;

namespace Monitor.ClickHouse.Tests;

/// <summary>An engine that answers queries with errors.</summary>
public sealed class FailureTests
{
    // Readers of events may be no readers of the server's log.
    [Test]
    public async Task Query_ThatTheServerFails_TellsTheLogAloneWhy()
    {
        await using var engine = await CurrentEngine.StartNewAsync();
        using var logs = new TestLogs();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        using var log = TestLog.Create();
        using var archive = new ClickHouseArchive(log, engine.Options, TimeProvider.System, loggers);
        using var stop = new CancellationTokenSource();
        var running = archive.RunAsync(stop.Token);
        var query = new ArchiveQuery { Filter = EventFilterPlan.All.Canonical, Limit = 1, MaxBytes = 1000 };
        await Waiting.ForAsync("it to be reached", () => archive.Status.Problem is null);
        await archive.ListAsync(query, CancellationToken.None);
        await engine.AskAsync("DROP TABLE events");

        var failure = await Assert.ThrowsAsync<ArchiveException>(async () => await archive.ListAsync(query, CancellationToken.None));

        Assert.That(failure!.Message, Is.EqualTo("the log of this server says why"));
        Assert.That(logs.Entries.Select(entry => entry.Text), Has.Some.Contains("UNKNOWN_TABLE"));
        await stop.CancelAsync();
        await running;
    }
}
