using System.Net;
using JsonTranscoding.Tests.Hosting;

namespace JsonTranscoding.Tests.Http;

/// <summary>Paths, verbs and methods choose the rpc and set fields.</summary>
internal sealed class PathTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TestCase("/v1/shelves/s1/books/b1", "shelves/s1/books/b1")]
    [TestCase("/v1/shelves/a%20b/books/%E2%82%AC", "shelves/a b/books/€")]
    [TestCase("/v1/files/a", "a")]
    [TestCase("/v1/files/a/b/c", "a/b/c")]
    [TestCase("/v1/files", "")]
    [TestCase("/v1/docs/a/b/c:download", "a/b/c")]
    [TestCase("/v1/docs/a/b:x:download", "a/b:x")]
    [TestCase("/v1/tail/a/b/pages/7/print", "a/b/pages/7")]
    [TestCase("/v1/tail/pages/7/print", "pages/7")]
    [TestCase("/v1/any/whatever/book/b", "b")]
    [TestCase("/v1/any/whatever/book/a%2Fb", "a/b")]
    [TestCase("/v1/any/whatever/book/a%252Fb", "a%2Fb")]
    public async Task Get_Path_SetsTheVariable(string path, string name)
    {
        var book = await _server.GetJsonAsync(path);

        Assert.That(book["name"]!.GetValue<string>(), Is.EqualTo(name));
    }

    [TestCase("/v1/shelves/s1/books")]
    [TestCase("/v1/shelves/s1/books/b/c")]
    [TestCase("/v1/shelves//books/b")]
    [TestCase("/v1/docs/a/b/c:upload")]
    [TestCase("/v1/docs/a/b/c")]
    [TestCase("/v1/tail/a/pages/7/8/print")]
    [TestCase("/v1/tail/a/pages/7")]
    [TestCase("/v2/query")]
    [TestCase("/")]
    public async Task Get_OtherPath_Answers404(string path)
    {
        using var response = await _server.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("/v1/shelves/s/books/b:archive", "shelves/s/books/b")]
    [TestCase("/v1/books:purge", "")]
    public async Task Post_Verb_ChoosesTheRule(string path, string name)
    {
        var book = await _server.PostJsonAsync(path, "");

        Assert.That(book["name"]!.GetValue<string>(), Is.EqualTo(name));
    }

    [Test]
    public async Task Post_PathAndBody_PathWins()
    {
        var book = await _server.PostJsonAsync("/v1/books/b:archive", """{"name":"other","title":"t"}""");

        Assert.That(book.ToJsonString(), Is.EqualTo("""{"name":"b","title":"t"}"""));
    }

    [Test]
    public async Task Put_NestedVariables_MergeIntoTheBody()
    {
        using var response = await _server.SendAsync(HttpMethod.Put, "/v1/query/n1/7", """{"text":"t","nested":{"number":1,"tags":["x"]}}""");

        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Does.Contain("\"text\":\"t\"").And.Contain("\"nested\":{\"name\":\"n1\",\"number\":7,\"tags\":[\"x\"]}"));
    }

    [Test]
    public async Task Put_WrongValueInPath_Answers400NamingTheField()
    {
        using var response = await _server.SendAsync(HttpMethod.Put, "/v1/query/n1/seven", "{}");

        Assert.That(
            await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3),
            Is.EqualTo("nested.number: 'seven' is not a whole number from -2147483648 to 2147483647."));
    }

    [TestCase("PATCH", "/v1/patch/x", "{}", HttpStatusCode.OK)]
    [TestCase("DELETE", "/v1/delete/x", null, HttpStatusCode.OK)]
    [TestCase("PURGE", "/v1/custom/x", null, HttpStatusCode.OK)]
    [TestCase("GET", "/v1/anymethod/x", null, HttpStatusCode.OK)]
    [TestCase("BREW", "/v1/anymethod/x", null, HttpStatusCode.OK)]
    [TestCase("POST", "/v1/patch/x", "{}", HttpStatusCode.MethodNotAllowed)]
    [TestCase("GET", "/v1/custom/x", null, HttpStatusCode.MethodNotAllowed)]
    [TestCase("POST", "/v1/query/x", null, HttpStatusCode.MethodNotAllowed)]
    public async Task Send_Method_IsThatOfTheRule(string method, string path, string? json, HttpStatusCode expected)
    {
        using var response = await _server.SendAsync(new HttpMethod(method), path, json);

        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task Send_OtherMethodToTwoSegments_Answers405WhereUnknownServicesAreIgnored()
    {
        await using var server = await TestServer.StartAsync(grpc: g => g.IgnoreUnknownServices = true);
        using var response = await server.SendAsync(HttpMethod.Post, "/v1/stream");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD" }));
    }

    [Test]
    public async Task Head_OfAGetRoute_AnswersItsHeadersOnly()
    {
        using var get = await _server.GetAsync("/v1/query?limit=5");
        using var head = await _server.SendAsync(HttpMethod.Head, "/v1/query?limit=5");

        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(head.Content.Headers.ContentType, Is.EqualTo(get.Content.Headers.ContentType));
        Assert.That(head.Content.Headers.ContentLength, Is.EqualTo((await get.Content.ReadAsByteArrayAsync()).Length));
        Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task Head_WrongParameter_Answers400()
    {
        using var head = await _server.SendAsync(HttpMethod.Head, "/v1/query?limit=x");

        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Head_WithARuleOfItsOwn_UsesThat()
    {
        using var head = await _server.SendAsync(HttpMethod.Head, "/v1/headers");
        var get = await _server.GetJsonAsync("/v1/headers");

        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(get["text"]!.GetValue<string>(), Is.EqualTo("GET"));
    }

    [TestCase("/transcoding.tests.Library/NotAnnotated")]
    [TestCase("/v1/collect")]
    [TestCase("/v1/chat")]
    public async Task Post_RpcWithoutRoute_IsNotServedAsJson(string path)
    {
        using var response = await _server.SendAsync(HttpMethod.Post, path, "{}");

        Assert.That(response.IsSuccessStatusCode, Is.False);
    }

    [Test]
    public void Start_ClientAndBidirectionalStreaming_AreLoggedAsNotSupported() =>
        Assert.That(
            _server.Log.Where(e => e.Message.Contains("are not supported")).Select(e => e.Message.Split(' ')[3]),
            Is.EquivalentTo(new[] { "Collect", "Chat" }));
}
