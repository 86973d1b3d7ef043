using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Pages;

/// <summary>What a person with a browser or curl meets first.</summary>
[TestFixture]
internal sealed partial class PageTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task StartPage_OfTheServer_NamesItAndLeadsToEverything()
    {
        using var response = await _server.Http.GetAsync("/");
        var html = await response.Content.ReadAsStringAsync();

        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html; charset=utf-8"));
        Assert.That(html, Does.Contain("The agent on node-1, version 1.2.3."));
        Assert.That(html, Does.Contain($"curl &#39;http://{_server.EndPoints.Http}/api/events&#39;"));
        Assert.That(html, Does.Contain($"curl -N &#39;http://{_server.EndPoints.Http}/api/events/stream&#39;"));
        Assert.That(html, Does.Contain($"grpcurl -plaintext {_server.EndPoints.GrpcTarget} list"));
        Assert.That(Links().Matches(html), Has.Count.GreaterThanOrEqualTo(5));
        foreach (Match link in Links().Matches(html))
        {
            var target = link.Groups[1].Value;
            using var followed = await _server.Http.GetAsync(target, HttpCompletionOption.ResponseHeadersRead);
            Assert.That(followed.StatusCode, Is.EqualTo(HttpStatusCode.OK), target);
            Assert.That(target, Does.Not.Contain("//"), "A link leaves this server.");
        }
    }

    [Test]
    public async Task StartPage_HostOfTheRequest_IsInTheCommandsAndCannotBreakOut()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "monitor.localhost:99" } };
        using var response = await _server.Http.SendAsync(request);
        var html = await response.Content.ReadAsStringAsync();

        Assert.That(html, Does.Contain("http://monitor.localhost:99/api/events"));
        Assert.That(html, Does.Contain($"monitor.localhost:{_server.EndPoints.Grpc.Port}"));
        Assert.That(html, Does.Not.Contain("<script"));
    }

    [Test]
    public async Task StartPage_UnderHttp10WithoutHost_Answers()
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(_server.EndPoints.Http);
        var stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.That(answer, Does.StartWith("HTTP/1.1 200").And.Contain($"http://{_server.EndPoints.Http}/api/events"));
    }

    [TestCase("/")]
    [TestCase("/openapi.json")]
    [TestCase("/swagger/index.html")]
    public async Task Page_OtherMethod_Is405AsJson(string path)
    {
        using var response = await _server.Http.PostAsync(path, null);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo((string[])["GET", "HEAD", "OPTIONS"]));
        Assert.That(body.GetProperty("message").GetString(), Does.Contain(path));
    }

    [Test]
    public async Task UnknownPath_NearAPage_IsToldItsName()
    {
        using var response = await _server.Http.GetAsync("/opnapi.json");
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(body.GetProperty("message").GetString(), Does.Contain("/openapi.json").And.Contain("/swagger"));
    }

    [Test]
    public async Task Swagger_AndItsAssets_AreServedHere()
    {
        using var response = await _server.Http.GetAsync("/swagger");
        var html = await response.Content.ReadAsStringAsync();
        var page = response.RequestMessage!.RequestUri!;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Assets().Matches(html), Has.Count.GreaterThanOrEqualTo(4));
        foreach (Match asset in Assets().Matches(html))
        {
            var target = new Uri(page, asset.Groups[1].Value);
            Assert.That(target.Authority, Is.EqualTo(page.Authority), "An asset is elsewhere.");
            using var followed = await _server.Http.GetAsync(target);
            Assert.That(followed.StatusCode, Is.EqualTo(HttpStatusCode.OK), target.ToString());
        }
    }

    [TestCase("/")]
    [TestCase("/openapi.json")]
    [TestCase("/swagger/index.html")]
    public async Task Page_AtThePortOfGrpc_IsRefused(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{_server.EndPoints.GrpcTarget}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await _server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
    }

    [GeneratedRegex("<a href=\"([^\"]*)\"")]
    private static partial Regex Links();

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Assets();
}
