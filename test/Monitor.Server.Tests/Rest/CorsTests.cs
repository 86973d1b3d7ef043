using System.Net;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class CorsTests
{
    private const string Page = "https://dashboard.example";

    [Test]
    public async Task Response_WithoutConfiguredOrigins_HasNoCorsHeaders()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await SendAsync(server, HttpMethod.Get, "/api/events", Page);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Headers.Select(header => header.Key), Has.None.StartsWith("Access-Control"));
    }

    [TestCase("/api/events", HttpStatusCode.OK)]
    [TestCase("/api/events?nonsense=1", HttpStatusCode.BadRequest)]
    [TestCase("/nonsense", HttpStatusCode.NotFound)]
    public async Task Response_ToAConfiguredOrigin_MayBeRead(string path, HttpStatusCode status)
    {
        await using var server = await TestServer.StartAsync(With(Page));

        using var response = await SendAsync(server, HttpMethod.Get, path, Page);

        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { Page }));
    }

    [Test]
    public async Task Response_ToAnotherOrigin_MayNotBeRead()
    {
        await using var server = await TestServer.StartAsync(With(Page));

        using var response = await SendAsync(server, HttpMethod.Get, "/api/events", "https://evil.example");

        Assert.That(response.Headers.Contains("Access-Control-Allow-Origin"), Is.False);
    }

    [Test]
    public async Task Response_WithEveryOriginAllowed_MayBeReadByAny()
    {
        await using var server = await TestServer.StartAsync(With("*"));

        using var response = await SendAsync(server, HttpMethod.Get, "/api/events", "https://any.example");

        Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { "*" }));
    }

    [Test]
    public async Task Preflight_OfAPost_IsAllowed()
    {
        await using var server = await TestServer.StartAsync(With(Page));
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/list-connections");
        request.Headers.Add("Origin", Page);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type");

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { Page }));
        Assert.That(response.Headers.GetValues("Access-Control-Allow-Headers"), Is.EqualTo(new[] { "content-type,authorization" }));
        Assert.That(response.Headers.GetValues("Access-Control-Max-Age"), Is.EqualTo(new[] { "600" }));
    }

    private static MonitorServerOptions With(params string[] origins) => new()
    {
        Http = TestServer.Options().Http,
        Grpc = TestServer.Options().Grpc,
        CorsOrigins = origins,
    };

    private static Task<HttpResponseMessage> SendAsync(TestServer server, HttpMethod method, string path, string origin)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", origin);
        return server.Http.SendAsync(request);
    }
}
