using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Hosting;

internal sealed class ShutdownTests
{
    [Test]
    public async Task Stop_WithManyOpenStreams_EndsThemWithinTwoSecondsAndSaysHowToGoOn()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EventService.EventServiceClient(server.OpenChannel());
        var calls = Enumerable.Range(0, 500).Select(_ => client.StreamEvents(new StreamEventsRequest())).ToList();
        await Task.WhenAll(calls.Select(call => call.NextAsync()));
        using var rest = await server.Http.GetAsync(
            "/api/events/stream", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await rest.Content.ReadAsStreamAsync());
        await lines.ReadLineAsync();

        var clock = Stopwatch.StartNew();
        var stopping = server.App.StopAsync();
        var ends = await Task.WhenAll(calls.Select(call => call.EndAsync()));
        var lastLine = await lines.ReadLineAsync();
        await stopping;

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)));
        Assert.That(ends.Select(end => end.StatusCode), Is.All.EqualTo(StatusCode.Unavailable));
        Assert.That(
            ends.Select(end => end.Status.Detail),
            Is.All.EqualTo("the agent is shutting down; resume with the last resume_token"));
        Assert.That(lastLine, Does.Contain("shutting down").And.Contain("14"));
    }

    [Test]
    public async Task Stop_WithAClientThatDoesNotRead_TakesNoLongerThanTwoSeconds()
    {
        await using var server = await TestServer.StartAsync();
        var client = new EventService.EventServiceClient(server.OpenChannel());
        using var call = client.StreamEvents(
            new StreamEventsRequest { Since = UnixNanos.ToTimestamp(EventSource.Start) });
        using var rest = await server.Http.GetAsync(
            "/api/events/stream?since=2026-01-01T00:00:00Z", HttpCompletionOption.ResponseHeadersRead);
        await call.NextAsync();
        for (var i = 0; i < 200; i++)
        {
            server.Source.Append(1000);
        }

        var clock = Stopwatch.StartNew();
        await server.App.StopAsync();

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public async Task Application_AsItIsBuilt_ListensToSignals()
    {
        await using var server = await TestServer.StartAsync();

        Assert.That(
            server.App.Services.GetRequiredService<IHostLifetime>().GetType().Name, Is.EqualTo("ConsoleLifetime"));
        Assert.That(
            server.App.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout,
            Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public async Task Stop_WithIdleConnections_IsQuick()
    {
        await using var server = await TestServer.StartAsync();
        await server.Status.GetHealthAsync(new GetHealthRequest());
        await server.Http.GetStringAsync("/health");

        var clock = Stopwatch.StartNew();
        await server.App.StopAsync();

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    }
}
