using System.Net;
using System.Net.Sockets;
using System.Text;
using JsonTranscoding.Tests.Hosting;
using JsonTranscoding.Tests.Json;
using JsonTranscoding.Tests.Protos;

namespace JsonTranscoding.Tests.Http;

/// <summary>No request, however wrong, is the server's fault.</summary>
internal sealed class FuzzTests
{
    private const int Requests = 6000;

    private static readonly string[] Paths =
    [
        "/v1/query", "/v1/query/x", "/v1/query/a/1", "/v1/shelves/1/books/2", "/v1/shelves/1/books/2:archive", "/v1/files/a/b",
        "/v1/docs/a/b:download", "/v1/tail/a/pages/1/print", "/v1/books:purge", "/v1/books/b:archive", "/v1/echo", "/v1/echo/field",
        "/v1/echo/text", "/v1/echo/map", "/v1/echo/nested", "/v1/echo/wrapper", "/v1/patch/x", "/v1/delete/x", "/v1/custom/x",
        "/v1/anymethod/x", "/v1/stream", "/v1/download/x", "/v1/upload/x", "/v1/headers",
    ];

    private static readonly string[] Names =
    [
        "text", "limit", "pid", "color", "colors", "flag", "ratio", "data", "bigNumber", "maybe", "nested", "nested.name", "nested.child.tags",
        "since", "delay", "mask", "count", "label", "left", "right", "labels", "k8s_pod", "small", "huge", "times", "list", "list.name",
        "name", "title", "int32_field", "any", "value", "recursive.recursive.recursive.int32Field", "size", "", ".", "..", "text.", "%00", "é",
    ];

    private static readonly string[] Values =
    [
        "", "1", "-1", "0", "99999999999999999999", "1e5", "NaN", "abc", "true", "2024-05-17T09:30:00Z", "1s", "-1s", "a,b", "%FF", "%", "%zz",
        "%00", "%ED%A0%80", "%F0%9F%98%80", "=", "AAAA", "COLOR_RED", "null", "{}", "[]", "'\"><", "%2F", "%252F", "..", "\u20ac",
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json; charset=utf-8", "application/json; charset=utf-16", "application/json; charset=us-ascii",
        "application/json; charset=x", "application/x+json", "text/plain", "application/json; charset=", ";;;", "application/grpc",
    ];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PURGE", "TRACE"];

    [Test]
    public async Task Send_RandomRequests_FindsNo5xx()
    {
        await using var server = await TestServer.StartAsync(o => o.TypeRegistry = JsonHarness.Types, g => g.MaxReceiveMessageSize = 5000);
        var found = new HashSet<HttpStatusCode>();
        for (var seed = 0; seed < Requests; seed++)
        {
            using var request = Create(new Random(seed));
            var shown = $"seed {seed}: {request.Method} {request.RequestUri} {request.Content?.Headers.ContentType}";
            using var response = await server.Client.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.LessThan(500), $"{shown}\n{await response.Content.ReadAsStringAsync()}");
            found.Add(response.StatusCode);
        }

        Assert.That(found, Is.SupersetOf(new[]
        {
            HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed,
            HttpStatusCode.RequestEntityTooLarge,
        }));
    }

    [TestCase("GET /v1/query HTTP/1.0\r\n\r\n", "200")]
    [TestCase("GET /v1/stream?count=2 HTTP/1.0\r\n\r\n", "200")]
    [TestCase("POST /v1/echo HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "200")]
    [TestCase("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400")]
    [TestCase("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n", "400")]
    [TestCase("GET /v1/query?text=\u0001 HTTP/1.1\r\nHost: x\r\n\r\n", "200")]
    [TestCase("GET /v1/query/%FF HTTP/1.1\r\nHost: x\r\n\r\n", "400")]
    public async Task Send_RawRequest_IsAnswered(string text, string status)
    {
        await using var server = await TestServer.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));
        using var reader = new StreamReader(client.GetStream());
        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.That(line!.Split(' ')[1], Is.EqualTo(status));
    }

    [Test]
    public async Task Send_OverlongUrl_Answers414()
    {
        await using var server = await TestServer.StartAsync();
        using var response = await server.GetAsync($"/v1/query?text={new string('x', 20_000)}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestUriTooLong));
    }

    private static HttpRequestMessage Create(Random random)
    {
        var path = Pick(random, Paths);
        if (random.Next(10) == 0)
        {
            path += Pick(random, ["/", ":", "/x", "%2F", "//", ":archive", "/%00"]);
        }

        var query = string.Join('&', Enumerable.Range(0, random.Next(4)).Select(_ => $"{Pick(random, Names)}={Pick(random, Values)}"));
        var request = new HttpRequestMessage(new HttpMethod(Pick(random, Methods)), $"{path}?{query}");
        if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head && request.Method != HttpMethod.Trace && random.Next(5) > 0)
        {
            request.Content = new ByteArrayContent(Body(random));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(3) == 0 ? Pick(random, ContentTypes) : "application/json");
        }

        if (random.Next(10) == 0)
        {
            request.Headers.TryAddWithoutValidation(Pick(random, ["x-data-bin", "grpc-timeout", "grpc-encoding", "accept"]), Pick(random, Values[..8]));
        }

        return request;
    }

    private static byte[] Body(Random random)
    {
        var text = random.Next(6) switch
        {
            0 => "",
            1 => "{}",
            2 => Pick(random, Values),
            3 => new string('[', random.Next(300)),
            _ => new JsonHarness().Write(new RandomMessage(random.Next(50)).Create<AllTypes>()),
        };
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = random.Next(3); i > 0 && bytes.Length > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
