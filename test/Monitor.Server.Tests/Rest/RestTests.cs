using System.Net;
using System.Text.Json;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class RestTests
{
    [Test]
    public async Task Events_OverHttp_CarryTheEncodedEvents()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(5);
        server.Source.Append(3, "packet_drop");

        using var json = JsonDocument.Parse(await server.Http.GetStringAsync("/api/events?type=connection&limit=2"));

        var events = json.RootElement.GetProperty("events");
        Assert.That(events.GetArrayLength(), Is.EqualTo(2));
        Assert.That(events[0].GetProperty("node_name").GetString(), Is.EqualTo("node-1"));
        Assert.That(events[0].GetProperty("time").GetString(), Is.EqualTo("2026-01-01T00:00:00.005Z"));
        Assert.That(events[0].GetProperty("destination_port").GetInt32(), Is.EqualTo(443));
        Assert.That(json.RootElement.GetProperty("count").GetInt32(), Is.EqualTo(2));
        Assert.That(json.RootElement.GetProperty("total_count").GetInt32(), Is.EqualTo(5));
        Assert.That(json.RootElement.GetProperty("next_page_token").GetString(), Is.Not.Empty);
        Assert.That(json.RootElement.GetProperty("filters").GetProperty("type")[0].GetString(), Is.EqualTo("connection"));
    }

    [TestCase("/api/events", "\"events\":[{")]
    [TestCase("/api/events?nonsense=1", "nonsense")]
    [TestCase("/api/list-connections", "\"events\":[{")]
    [TestCase("/api/explain?event_id=x", "must be the id of an event")]
    [TestCase("/health?nonsense=1", "nonsense")]
    public async Task Path_OfRest_WithTheContentTypeOfGrpc_IsRestAllTheSame(string path, string mentions)
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(2);
        using var request = new HttpRequestMessage(HttpMethod.Get, path)
        {
            // A message of gRPC, of no bytes.
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
        };

        using var response = await server.Http.SendAsync(request);

        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(mentions));
        Assert.That(response.StatusCode, Is.EqualTo(mentions.StartsWith('"') ? HttpStatusCode.OK : HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Events_WithValuesThatTheContractDoesNotKnow_AreAnswered()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(1, change: made =>
        {
            made.Attribution = (V1.Attribution)77;
            made.Connection = new V1.ConnectionDetail { Outcome = (V1.ConnectionDetail.Types.Outcome)99 };
        });

        using var json = JsonDocument.Parse(await server.Http.GetStringAsync("/api/events"));

        Assert.That(json.RootElement.GetProperty("events")[0].GetProperty("attribution").GetInt32(), Is.EqualTo(77));
    }

    [Test]
    public async Task Stream_OverHttp_FlushesALineForEachMessage()
    {
        await using var server = await TestServer.StartAsync();
        using var response = await server.Http.GetAsync(
            "/api/events/stream?type=connection", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        using var first = JsonDocument.Parse((await lines.ReadLineAsync())!);
        server.Source.Append(2);
        using var second = JsonDocument.Parse((await lines.ReadLineAsync())!);

        Assert.That(first.RootElement.GetProperty("resume_token").GetString(), Is.Not.Empty);
        Assert.That(second.RootElement.GetProperty("events").GetArrayLength(), Is.EqualTo(2));
    }

    [TestCase("/health", "status")]
    [TestCase("/api/programs", "programs")]
    [TestCase("/api/connections", "connections")]
    [TestCase("/api/stats", "subscribers")]
    public async Task Path_OfAService_AnswersJson(string path, string property)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(response.Headers.Contains("Server"), Is.False);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.TryGetProperty(property, out _), Is.True);
    }

    [TestCase("/api/events?k8s_pod=x", "unknown parameter 'k8s_pod': did you mean 'k8s_pod_name'?")]
    [TestCase("/api/events?Type=x", "unknown parameter 'Type': did you mean 'type'?")]
    [TestCase("/api/events?resume_token=x", "unknown parameter 'resume_token'")]
    [TestCase("/api/events/stream?limit=5", "unknown parameter 'limit'")]
    [TestCase("/api/events/stream?until=2026-01-01T00:00:00Z", "unknown parameter 'until'")]
    [TestCase("/health?verbose=1", "unknown parameter 'verbose': this path takes none")]
    [TestCase("/api/events?limit=1&limit=2", "the parameter 'limit' is given more than once")]
    [TestCase("/api/events?limit=-1", "limit")]
    [TestCase("/api/events?limit=abc", "limit")]
    [TestCase("/api/events?limit=20000", "limit: '20000'")]
    [TestCase("/api/events?pid=-1", "pid")]
    [TestCase("/api/events?since=yesterday", "since")]
    [TestCase("/api/events?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until:")]
    [TestCase("/api/events?source_ip=10.0.0", "source_ip: '10.0.0'")]
    [TestCase("/api/events?page_token=garbage", "page_token: 'garbage'")]
    [TestCase("/api/events?failed=perhaps", "failed")]
    [TestCase("/api/events?type=", "type: ''")]
    [TestCase("/api/events/stream?resume_token=garbage", "resume_token: 'garbage'")]
    public async Task Request_WithABadParameter_Answers400NamingIt(string path, string message)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("code").GetInt32(), Is.EqualTo(3));
        Assert.That(json.RootElement.GetProperty("message").GetString(), Does.Contain(message));
        Assert.That(json.RootElement.GetProperty("details").ValueKind, Is.EqualTo(JsonValueKind.Array));
    }

    [Test]
    public async Task Request_ForAnUnknownPath_Answers404WithTheNearest()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync("/api/event");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("code").GetInt32(), Is.EqualTo(5));
        Assert.That(
            json.RootElement.GetProperty("message").GetString(),
            Does.StartWith("no such path '/api/event': did you mean '/api/events'?").And.Contain("/health"));
    }

    [Test]
    public async Task Request_WithAnotherMethod_Answers405WithTheAllowedOnes()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.PostAsync("/api/events", null);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Does.Contain("GET"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("does not take POST"));
    }

    [Test]
    public async Task Head_OfTheStream_EndsAtOnce()
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/events/stream");

        using var response = await server.Http.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(5));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await server.WaitUntilClosedAsync();
    }
}
