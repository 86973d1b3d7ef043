using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class CompressionTests
{
    [TestCase("gzip")]
    [TestCase("br")]
    public async Task Response_ToAClientThatAccepts_IsCompressed(string coding)
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(100);

        using var response = await SendAsync(server, "/api/events", coding);

        Assert.That(response.Content.Headers.ContentEncoding, Is.EqualTo(new[] { coding }));
        Assert.That(response.Headers.Vary, Does.Contain("Accept-Encoding"));
        var bytes = await response.Content.ReadAsByteArrayAsync();
        using var text = new MemoryStream();
        await using var decoder = coding == "gzip"
            ? (Stream)new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress)
            : new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress);
        await decoder.CopyToAsync(text);
        using var json = JsonDocument.Parse(text.ToArray());
        Assert.That(json.RootElement.GetProperty("count").GetInt32(), Is.EqualTo(100));
        Assert.That(bytes.Length, Is.LessThan(text.Length / 4));
    }

    [Test]
    public async Task Response_ToAClientThatDoesNotAccept_IsPlainWithItsLength()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync("/api/events");

        Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        Assert.That(response.Content.Headers.ContentLength, Is.Not.Null);
    }

    [Test]
    public async Task Stream_ToAClientThatAccepts_IsPlainAndFlushed()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(1);

        using var response = await SendAsync(server, "/api/events/stream?since=2026-01-01T00:00:00Z", "gzip, br");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.That(await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(5)), Does.StartWith("{"));
    }

    private static Task<HttpResponseMessage> SendAsync(TestServer server, string path, string codings)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", codings);
        return server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
