using System.Net;
using System.Text.Json;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class BodyTests
{
    [TestCase("""{"k8s_pod": ["x"]}""", "unknown field 'k8s_pod': did you mean 'k8s_pod_name'?", "k8s_pod")]
    [TestCase("""{"pid": [1], "durationn_seconds": 5}""", "did you mean 'duration_seconds'?", "durationn_seconds")]
    [TestCase("""{"duration_seconds": 2678401}""", "duration_seconds: '2678401' must be 1 to 2678400", "duration_seconds")]
    [TestCase("""{"source_ip": ["10.0.0"]}""", "source_ip: '10.0.0'", "source_ip")]
    public async Task Post_WithABadField_Answers400WithDetailsNamingIt(string body, string message, string field)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await PostAsync(server, "/api/connection-summary", body);

        await AssertBadRequestAsync(response, message, field);
    }

    [TestCase("/api/events?k8s_pod=x", "unknown parameter 'k8s_pod'", "k8s_pod")]
    [TestCase("/api/events?source_ip=10.0.0", "source_ip: '10.0.0'", "source_ip")]
    [TestCase("/api/events?limit=1&limit=2", "more than once", "limit")]
    [TestCase("/api/events?limit=abc", "limit: 'abc' must be a whole number from 1 to 10000", "limit")]
    [TestCase("/api/events?source_port=70000x", "must be a whole number from 0 to 65535", "source_port")]
    [TestCase("/api/events?connection_id=-1", "must be a whole number from 0 to 18446744073709551615", "connection_id")]
    [TestCase("/api/connection-summary?connection_id=1", "unknown parameter 'connection_id'", "connection_id")]
    [TestCase("/api/explain?event=x", "did you mean 'event_id'?", "event")]
    [TestCase("/api/events?pid=x", "must be a whole number from 0 to 4294967295", "pid")]
    public async Task Get_WithABadParameter_Answers400WithDetailsNamingIt(string path, string message, string field)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync(path);

        await AssertBadRequestAsync(response, message, field);
    }

    [Test]
    public async Task Post_WithAQuery_IsRefused()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await PostAsync(server, "/api/list-packet-drops?pid=1", "{}");

        await AssertBadRequestAsync(response, "parameter 'pid': POST takes its parameters as fields of the JSON body only", "pid");
    }

    [TestCase("", "empty")]
    [TestCase("{", "")]
    [TestCase("[]", "")]
    [TestCase("null", "")]
    [TestCase("""{"pid": [1], "pid": [2]}""", "pid")]
    [TestCase("""{"pid": [-1]}""", "pid")]
    [TestCase("""{"pid": [4294967296]}""", "pid")]
    [TestCase("""{"command": ["\ud800"]}""", "")]
    public async Task Post_OfAMalformedBody_Answers400(string body, string message)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await PostAsync(server, "/api/list-connections", body);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("code").GetInt32(), Is.EqualTo(3));
        Assert.That(json.RootElement.GetProperty("message").GetString(), Is.Not.Empty.And.Contain(message));
    }

    [Test]
    public async Task Post_OfDeepNesting_Answers400()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await PostAsync(
            server, "/api/list-connections", "{\"command\":" + new string('[', 100_000));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Post_WithoutABody_Answers400SayingWhatToSend()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.PostAsync("/api/connection-summary", null);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("application/json"));
    }

    private static async Task AssertBadRequestAsync(HttpResponseMessage response, string message, string field)
    {
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("message").GetString(), Does.Contain(message));
        var details = json.RootElement.GetProperty("details")[0];
        Assert.That(details.GetProperty("@type").GetString(), Is.EqualTo("type.googleapis.com/google.rpc.BadRequest"));
        var violation = details.GetProperty("fieldViolations")[0];
        Assert.That(violation.GetProperty("field").GetString(), Is.EqualTo(field));
        Assert.That(violation.GetProperty("description").GetString(), Does.Contain(message));
    }

    private static async Task<HttpResponseMessage> PostAsync(TestServer server, string path, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await server.Http.PostAsync(path, content);
    }
}
