using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class ErrorBodiesTests
{
    /// <summary>Reading a body may hear of the end of the connection before the request does.</summary>
    [Test]
    public async Task Request_WhoseConnectionIsOver_IsNoErrorOfOurs([Values("aborted", "reset", "read")] string how)
    {
        Exception failure = how switch
        {
            "aborted" => new ConnectionAbortedException(),
            "reset" => new ConnectionResetException("reset"),
            _ => new TaskCanceledException("", new ConnectionAbortedException()),
        };
        using var logs = new TestLogs();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(logs));
        var context = new DefaultHttpContext();
        var bodies = new ErrorBodies(
            _ => throw failure,
            new DefaultEndpointDataSource(),
            loggers.CreateLogger<ErrorBodies>());

        await bodies.InvokeAsync(context);

        Assert.That(logs.Entries.Where(entry => entry.Level > LogLevel.Debug).Select(entry => entry.Text), Is.Empty);
    }
}
