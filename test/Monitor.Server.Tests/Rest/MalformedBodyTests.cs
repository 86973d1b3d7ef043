using System.Text.Json;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

/// <summary>Requests whose head is right and whose body is not sent as HTTP has it.</summary>
internal sealed class MalformedBodyTests
{
    /// <summary>The request was understood well enough to be routed, so the answer is one of ours.</summary>
    [Test]
    public async Task Body_ThatIsNotCutAsAnnounced_Answers400InJson(
        [Values("80000000", "ffffffff", "fffffffffffffffffff", "zz", "-1", "", "5 5")] string chunkLength,
        [Values("close", "keep-alive")] string connection)
    {
        await using var server = await TestServer.StartAsync();

        var response = await RawHttp.SendAsync(
            server,
            "POST /api/list-connections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Connection: {connection}\r\nTransfer-Encoding: chunked\r\n\r\n{chunkLength}\r\n{{}}");

        Assert.That(response, Does.Match("^HTTP/1.1 400 ").And.Contain("\r\nContent-Type: application/json\r\n"));
        var body = response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        using var json = JsonDocument.Parse(body);
        Assert.That(json.RootElement.GetProperty("message").GetString(), Is.Not.Empty);
    }

    [Test]
    public async Task Body_ThatNobodyReads_MayBeAnything(
        [Values("80000000", "fffffffffffffffffff", "zz", "")] string chunkLength, [Values("close", "keep-alive")] string connection)
    {
        await using var server = await TestServer.StartAsync();

        var response = await RawHttp.SendAsync(
            server,
            $"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\nTransfer-Encoding: chunked\r\n\r\n{chunkLength}\r\n{{}}");

        Assert.That(response, Does.StartWith("HTTP/1.1 200 "));
    }
}
