using System.Text.Json;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class LimitTests
{
    private static MonitorServerOptions Small => new()
    {
        Http = TestServer.Options().Http,
        Grpc = TestServer.Options().Grpc,
        MaxRequestLineBytes = 1000,
        MaxRequestHeaderBytes = 2000,
        MaxRequestBodyBytes = 3000,
    };

    [Test]
    public async Task Url_AboveTheLimit_Answers414()
    {
        await using var server = await TestServer.StartAsync(Small);

        var response = await RawHttp.SendAsync(
            server, $"GET /api/events?type={new string('x', 1000)} HTTP/1.1\r\nHost: localhost\r\n\r\n");

        AssertRefused(response, 414);
    }

    [Test]
    public async Task Headers_AboveTheLimit_Answer431()
    {
        await using var server = await TestServer.StartAsync(Small);

        var response = await RawHttp.SendAsync(
            server, $"GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: {new string('x', 2000)}\r\n\r\n");

        AssertRefused(response, 431);
    }

    [TestCase("Content-Length: 4000")]
    [TestCase("Transfer-Encoding: chunked")]
    public async Task Body_AboveTheLimit_Answers413(string framing)
    {
        await using var server = await TestServer.StartAsync(Small);
        var body = "{\"command\": [\"" + new string('x', 3983) + "\"]}";
        var sent = framing.Contains("chunked", StringComparison.Ordinal) ? $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n" : body;

        var response = await RawHttp.SendAsync(
            server,
            "POST /api/list-connections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + $"{framing}\r\n\r\n{sent}");

        AssertError(response, 413, 8, "3000 bytes");
    }

    [TestCase("GARBAGE\r\n\r\n")]
    [TestCase("GET /health HTTP/1.1\r\n\r\n")]
    [TestCase("GET /health HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n")]
    [TestCase("GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [TestCase("GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task Request_ThatIsMalformed_Answers400(string request)
    {
        await using var server = await TestServer.StartAsync(Small);

        AssertRefused(await RawHttp.SendAsync(server, request), 400);
    }

    [Test]
    public async Task Request_OfHttp10_IsAnswered()
    {
        await using var server = await TestServer.StartAsync();

        var response = await RawHttp.SendAsync(server, "GET /health HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");

        Assert.That(response, Does.StartWith("HTTP/1.1 200 OK\r\n").And.Not.Contain("Transfer-Encoding"));
    }

    // By the web server, before there is a request: the status line says it all.
    private static void AssertRefused(string response, int status) =>
        Assert.That(response, Does.StartWith($"HTTP/1.1 {status} ").And.Contain("\r\nContent-Length: 0\r\n"));

    private static void AssertError(string response, int status, int code, string message)
    {
        Assert.That(response, Does.StartWith($"HTTP/1.1 {status} ").And.Contain("\r\nContent-Type: application/json\r\n"));
        var body = response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.That(response, Does.Contain($"\r\nContent-Length: {body.Length}\r\n"));
        using var json = JsonDocument.Parse(body);
        Assert.That(json.RootElement.GetProperty("code").GetInt32(), Is.EqualTo(code));
        Assert.That(json.RootElement.GetProperty("message").GetString(), Does.Contain(message));
        Assert.That(json.RootElement.GetProperty("details").GetArrayLength(), Is.Zero);
    }
}
