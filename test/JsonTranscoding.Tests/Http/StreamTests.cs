using System.Net;
using Grpc.Core;
using JsonTranscoding.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JsonTranscoding.Tests.Http;

/// <summary>Server streaming: a line of JSON for each message.</summary>
internal sealed class StreamTests
{
    private TestServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync(o => o.JsonSettings.WriteIndented = true);

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Stream_Messages_AreLines()
    {
        using var response = await _server.GetAsync("/v1/stream?count=3&size=2");

        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(
            "{\"number\":1,\"text\":\"xx\"}\n{\"number\":2,\"text\":\"xx\"}\n{\"number\":3,\"text\":\"xx\"}\n"));
    }

    [Test]
    public async Task Stream_ResponseBody_IsTheLine()
    {
        using var response = await _server.GetAsync("/v1/stream/numbers?count=3");

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("1\n2\n3\n"));
    }

    [Test]
    public async Task Stream_NoMessages_IsEmpty()
    {
        using var response = await _server.GetAsync("/v1/stream");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
    }

    [Test]
    public async Task Stream_Message_ArrivesBeforeTheStreamEnds()
    {
        using var response = await _server.Client.GetAsync("/v1/stream?count=1&hang=true", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.That(await reader.ReadLineAsync(), Is.EqualTo("{\"number\":1,\"text\":\"\"}"));
    }

    [Test]
    public async Task Stream_FailsAtOnce_AnswersTheStatus()
    {
        using var response = await _server.GetAsync("/v1/stream?fail_code=5");

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.NotFound, 5), Is.EqualTo("stopped"));
    }

    [Test]
    public async Task Stream_FailsLater_EndsWithTheStatusAsALine()
    {
        using var response = await _server.GetAsync("/v1/stream?count=1&fail_code=5");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(
            "{\"number\":1,\"text\":\"\"}\n{\"code\":5,\"message\":\"stopped\",\"details\":[]}\n"));
    }

    [Test]
    public async Task Stream_BadParameter_Answers400()
    {
        using var response = await _server.GetAsync("/v1/stream?count=many");

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.StartWith("count: 'many'"));
    }

    [Test]
    public async Task Stream_ClientDisconnects_CancelsTheCallAndLogsNoError()
    {
        var response = await _server.Client.GetAsync("/v1/stream?count=1&hang=true", HttpCompletionOption.ResponseHeadersRead);
        response.Dispose();

        await _server.Services.GetRequiredService<ServiceProbe>().Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => _server.Log.Any(e => e.Message.Contains("the client has gone away")));
        Assert.That(_server.Log.Where(e => e.Level > LogLevel.Information && !e.Message.Contains("Unable to bind")).Select(e => e.Message), Is.Empty);
        Assert.That(_server.Log.First(e => e.Message.Contains("the client has gone away")).Level, Is.EqualTo(LogLevel.Debug));
    }

    [Test]
    public async Task Stream_ClientDoesNotRead_StopsTheService()
    {
        var probe = _server.Services.GetRequiredService<ServiceProbe>();
        using var response = await _server.Client.GetAsync(
            "/v1/stream?count=100000&size=10000", HttpCompletionOption.ResponseHeadersRead);
        var before = -1;
        await Eventually.TrueAsync(() => before == (before = Volatile.Read(ref probe.Written)), every: TimeSpan.FromMilliseconds(300));

        // A gigabyte was asked for; what lies between the two is the buffers of server, kernel and client.
        Assert.That(probe.Written, Is.GreaterThan(0).And.LessThan(5_000));
    }

    [Test]
    public async Task Stream_Head_AnswersHeadersWithoutCallingTheService()
    {
        using var response = await _server.SendAsync(HttpMethod.Head, "/v1/stream?count=1&hang=true");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(_server.Services.GetRequiredService<ServiceProbe>().Written, Is.Zero);
    }

    [Test]
    public async Task Stream_DeadlinePasses_EndsWithTheStatus()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/stream?count=1&hang=true");
        request.Headers.Add("grpc-timeout", "200m");
        using var response = await _server.Client.SendAsync(request);

        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[1], Does.StartWith($"{{\"code\":{(int)StatusCode.DeadlineExceeded},"));
    }
}
