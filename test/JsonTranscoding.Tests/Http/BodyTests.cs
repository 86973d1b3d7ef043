using System.Net;
using System.Text;
using JsonTranscoding.Tests.Hosting;
using JsonTranscoding.Tests.Json;
using JsonTranscoding.Tests.Protos;

namespace JsonTranscoding.Tests.Http;

/// <summary>Bodies of requests and responses.</summary>
internal sealed class BodyTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync(
        o => o.TypeRegistry = JsonHarness.Types, g => g.MaxReceiveMessageSize = 10_000);

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Post_WholeMessage_ComesBackTheSame()
    {
        var harness = new JsonHarness();
        for (var seed = 0; seed < 100; seed++)
        {
            var json = harness.Write(new RandomMessage(seed).Create<AllTypes>());
            if (json.Length > 3000)
            {
                continue;
            }

            using var response = await _server.SendAsync(HttpMethod.Post, "/v1/echo", json);
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(json));
        }
    }

    [TestCase("/v1/echo/field", """[{"name":"a","number":0,"tags":[]}]""")]
    [TestCase("/v1/echo/field", "[]")]
    [TestCase("/v1/echo/text", "\"a\\\"b\"")]
    [TestCase("/v1/echo/map", """{"a":"b"}""")]
    [TestCase("/v1/echo/nested", """{"name":"a","number":1,"tags":["t"]}""")]
    [TestCase("/v1/echo/nested", "null")]
    [TestCase("/v1/echo/wrapper", "0")]
    [TestCase("/v1/echo/wrapper", "null")]
    public async Task Post_Field_IsBodyAndResponseBody(string path, string json)
    {
        using var response = await _server.SendAsync(HttpMethod.Post, path, json);

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(json));
    }

    [Test]
    public async Task Post_BodyField_LeavesTheRestToTheQuery()
    {
        var answer = await _server.PostJsonAsync("/v1/query?limit=3&nested.number=9&nested=x", """{"name":"n"}""");

        Assert.That(answer["limit"]!.GetValue<int>(), Is.EqualTo(3));
        Assert.That(answer["nested"]!.ToJsonString(), Is.EqualTo("""{"name":"n","number":0,"tags":[]}"""), "the body is the field");
    }

    [Test]
    public async Task Post_BodyStar_TakesNothingFromTheQuery()
    {
        var answer = await _server.PostJsonAsync("/v1/echo?int32_field=5", "{}");

        Assert.That(answer["int32Field"]!.GetValue<int>(), Is.Zero);
    }

    [Test]
    public async Task Post_WithoutBody_Answers400()
    {
        using var response = await _server.SendAsync(HttpMethod.Post, "/v1/echo");

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.Contain("application/json"));
    }

    [TestCase("", "The request body is empty")]
    [TestCase("{", "not valid JSON")]
    [TestCase("{\"nothing\":1}", "'nothing' is not a field")]
    [TestCase("{\"int32Field\":\"x\"}", "int32Field: 'x' is not a whole number")]
    public async Task Post_WrongJson_Answers400(string json, string message)
    {
        using var response = await _server.SendAsync(HttpMethod.Post, "/v1/echo", json);

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.Contain(message));
    }

    [TestCase("text/plain", HttpStatusCode.BadRequest)]
    [TestCase("application/x-www-form-urlencoded", HttpStatusCode.BadRequest)]
    [TestCase("application/json; charset=klingon", HttpStatusCode.BadRequest)]
    [TestCase("application/json", HttpStatusCode.OK)]
    [TestCase("APPLICATION/JSON; charset=\"UTF-8\"", HttpStatusCode.OK)]
    [TestCase("application/merge-patch+json", HttpStatusCode.OK)]
    public async Task Post_ContentType_MustBeJson(string contentType, HttpStatusCode expected)
    {
        using var response = await SendBytesAsync("{}"u8.ToArray(), contentType);

        Assert.That(response.StatusCode, Is.EqualTo(expected), await response.Content.ReadAsStringAsync());
    }

    [Test]
    public async Task Post_Utf16_IsReadAndAnswered()
    {
        using var response = await SendBytesAsync(Encoding.Unicode.GetBytes("""{"stringField":"€"}"""), "application/json; charset=utf-16");

        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-16"));
        Assert.That(Encoding.Unicode.GetString(await response.Content.ReadAsByteArrayAsync()), Does.Contain("\"stringField\":\"€\""));
    }

    [Test]
    public async Task Post_InvalidUtf8_Answers400()
    {
        using var response = await SendBytesAsync([(byte)'"', 0xFF, (byte)'"'], "application/json");

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.Contain("not valid UTF-8"));
    }

    [Test]
    public async Task Post_InvalidUtf16_Answers400()
    {
        using var response = await SendBytesAsync([0x22, 0x00, 0x00, 0xD8, 0x22, 0x00], "application/json; charset=utf-16");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Post_ByteOrderMark_IsIgnored()
    {
        using var response = await SendBytesAsync([0xEF, 0xBB, 0xBF, .. "{}"u8], "application/json");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Post_Compressed_Answers400()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/echo") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Content.Headers.ContentEncoding.Add("gzip");
        using var response = await _server.Client.SendAsync(request);

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.Contain("gzip"));
    }

    [Test]
    public async Task Post_TooLarge_Answers413([Values] bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/echo")
        {
            Content = new StringContent($"{{\"stringField\":\"{new string('x', 10_000)}\"}}", Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await _server.Client.SendAsync(request);

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.RequestEntityTooLarge, 8), Does.Contain("10000 bytes"));
    }

    [Test]
    public async Task Get_HttpBody_IsTheBodyItself()
    {
        using var response = await _server.GetAsync("/v1/download/x");

        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/csv"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("a,x\n"));
    }

    [Test]
    public async Task Post_HttpBody_TakesAnyBytes()
    {
        using var content = new ByteArrayContent([0, 1, 0xFF]);
        content.Headers.TryAddWithoutValidation("Content-Type", "image/x");
        using var response = await _server.Client.PostAsync("/v1/upload/pic", content);

        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Is.EqualTo("""{"name":"pic","content":{"contentType":"image/x","data":"AAH/","extensions":[]}}"""));
    }

    [Test]
    public async Task Post_DeepBody_Answers400()
    {
        var json = string.Concat(Enumerable.Repeat("""{"struct":{"a":""", 1)) + new string('[', 97) + new string(']', 97) + "}}";
        using var response = await _server.SendAsync(HttpMethod.Post, "/v1/echo", json);

        // The JSON is not too deep, but each list in it is three messages.
        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.Contain("AllTypes"));
    }

    private async Task<HttpResponseMessage> SendBytesAsync(byte[] body, string contentType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/echo") { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await _server.Client.SendAsync(request);
    }
}
