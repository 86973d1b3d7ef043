using System.Net;
using System.Text.Json;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class MethodTests
{
    [TestCase("/api/events", "GET, HEAD, OPTIONS")]
    [TestCase("/api/events/stream", "GET, HEAD, OPTIONS")]
    [TestCase("/api/events/export", "GET, HEAD, OPTIONS")]
    [TestCase("/health", "GET, HEAD, OPTIONS")]
    [TestCase("/api/connection-summary", "GET, HEAD, OPTIONS, POST")]
    [TestCase("/api/packet-drop-summary", "GET, HEAD, OPTIONS, POST")]
    [TestCase("/api/list-connections", "GET, HEAD, OPTIONS, POST")]
    [TestCase("/api/list-packet-drops", "GET, HEAD, OPTIONS, POST")]
    public async Task Options_OfAPath_AnswersWhatItTakes(string path, string allowed)
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, path);

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(string.Join(", ", response.Content.Headers.Allow), Is.EqualTo(allowed));
        Assert.That(response.Headers.Contains("Access-Control-Allow-Origin"), Is.False);
    }

    [Test]
    public async Task Options_OfTheServer_AnswersEveryMethod()
    {
        await using var server = await TestServer.StartAsync();

        var response = await RawHttp.SendAsync(server, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.That(response, Does.StartWith("HTTP/1.1 204 ").And.Contain("Allow: GET, HEAD, OPTIONS, POST"));
    }

    [Test]
    public async Task Options_OfAnUnknownPath_Answers404()
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/event");

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("/api/events")]
    [TestCase("/api/list-connections")]
    [TestCase("/api/connection-summary")]
    [TestCase("/health")]
    public async Task Head_OfAPath_HasTheHeadersOfGetAndNoBody(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(response.Content.Headers.ContentLength, Is.GreaterThan(2));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task Head_WithABadParameter_Answers400WithoutABody()
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/events?nonsense=1");

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task Delete_OfAPath_Answers405AsJson()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.DeleteAsync("/api/connection-summary");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(
            json.RootElement.GetProperty("message").GetString(),
            Is.EqualTo("/api/connection-summary does not take DELETE; it takes GET, HEAD, OPTIONS, POST"));
    }
}
