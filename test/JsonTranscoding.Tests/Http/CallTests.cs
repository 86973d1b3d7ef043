using System.Net;
using System.Text.Json.Nodes;
using JsonTranscoding.Tests.Hosting;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JsonTranscoding.Tests.Http;

/// <summary>What a service can do to its call, and what becomes of its errors.</summary>
internal sealed class CallTests
{
    private TestServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [TestCase(1, 499)]
    [TestCase(2, 500)]
    [TestCase(3, 400)]
    [TestCase(4, 504)]
    [TestCase(5, 404)]
    [TestCase(6, 409)]
    [TestCase(7, 403)]
    [TestCase(8, 429)]
    [TestCase(9, 400)]
    [TestCase(10, 409)]
    [TestCase(11, 400)]
    [TestCase(12, 501)]
    [TestCase(13, 500)]
    [TestCase(14, 503)]
    [TestCase(15, 500)]
    [TestCase(16, 401)]
    [TestCase(99, 500)]
    public async Task Fail_Code_HasItsHttpStatus(int code, int http)
    {
        foreach (var what in new[] { "fail", "fail by status" })
        {
            using var response = await _server.GetAsync($"/v1/behave?what={what}&code={code}&message=why%20%22so%22");

            Assert.That((int)response.StatusCode, Is.EqualTo(http));
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
            Assert.That(
                await response.Content.ReadAsStringAsync(),
                Is.EqualTo($$"""{"code":{{code}},"message":"why \"so\"","details":[]}"""));
        }
    }

    [Test]
    public async Task Fail_WithDetails_ShowsThem()
    {
        using var response = await _server.GetAsync("/v1/behave?what=fail%20with%20details");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        var details = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["details"]!;
        Assert.That(details[0]!.ToJsonString(), Is.EqualTo(
            """{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"filter","description":"no such field"}]}"""));
        Assert.That(details[1]!["@type"]!.GetValue<string>(), Is.EqualTo("type.googleapis.com/transcoding.tests.BookRequest"));
        Assert.That(Convert.FromBase64String(details[1]!["value"]!.GetValue<string>()), Has.Length.EqualTo(16));
    }

    [Test]
    public async Task Fail_WithBrokenDetails_ShowsTheStatusAndLogs()
    {
        using var response = await _server.GetAsync("/v1/behave?what=fail%20with%20broken%20details");

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Is.EqualTo("plain"));
        Assert.That(_server.Log.Any(e => e.Level == LogLevel.Error && e.Message.Contains("grpc-status-details-bin")), Is.True);
    }

    [Test]
    public async Task Throw_Exception_IsHiddenUnlessDetailedErrors()
    {
        using var response = await _server.GetAsync("/v1/behave?what=throw&message=secret");
        Assert.That(
            await TestServer.ErrorAsync(response, HttpStatusCode.InternalServerError, 2), Is.EqualTo("Exception was thrown by handler."));

        await using var detailed = await TestServer.StartAsync(grpc: g => g.EnableDetailedErrors = true);
        using var shown = await detailed.GetAsync("/v1/behave?what=throw&message=secret");
        Assert.That(
            await TestServer.ErrorAsync(shown, HttpStatusCode.InternalServerError, 2),
            Is.EqualTo("Exception was thrown by handler. InvalidOperationException: secret"));
    }

    [Test]
    public async Task Answer_Null_IsCancelled()
    {
        using var response = await _server.GetAsync("/v1/behave?what=null");

        Assert.That(await TestServer.ErrorAsync(response, (HttpStatusCode)499, 1), Is.EqualTo("No message returned from method."));
    }

    [Test]
    public async Task Answer_StatusOfTheService_Stays()
    {
        using var response = await _server.GetAsync("/v1/behave?what=status&code=503&message=unhealthy");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"text":"unhealthy","seen":{}}"""));
    }

    [Test]
    public async Task Answer_StatusWithoutContent_HasNone()
    {
        using var response = await _server.GetAsync("/v1/behave?what=status&code=204");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task Answer_ResponseHeaders_AreSent()
    {
        using var response = await _server.GetAsync("/v1/behave?what=headers");

        Assert.That(response.Headers.GetValues("x-answer"), Is.EqualTo(new[] { "42" }));
        Assert.That(response.Headers.GetValues("x-raw-bin"), Is.EqualTo(new[] { "AQID" }));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"text":"","seen":{}}"""));
    }

    [Test]
    public async Task Request_Headers_AreMetadata()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/behave?what=metadata");
        request.Headers.Add("X-Trace", "abc");
        request.Headers.Add("x-data-bin", "AQID");
        request.Headers.Add("x-short-bin", "AQ");
        request.Headers.TryAddWithoutValidation("odd$name", "x");
        request.Headers.Add("grpc-timeout", "10S");
        using var response = await _server.Client.SendAsync(request);
        var seen = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["seen"]!.AsObject();

        Assert.That(seen["x-trace"]!.GetValue<string>(), Is.EqualTo("abc"));
        Assert.That(seen["x-data-bin"]!.GetValue<string>(), Is.EqualTo("010203"));
        Assert.That(seen["x-short-bin"]!.GetValue<string>(), Is.EqualTo("01"));
        Assert.That(seen.Select(p => p.Key), Has.None.AnyOf("host", "grpc-timeout", "odd$name"));
    }

    [Test]
    public async Task Request_BrokenBinaryHeader_Answers400()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/behave?what=metadata");
        request.Headers.Add("x-data-bin", "*");
        using var response = await _server.Client.SendAsync(request);

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.BadRequest, 3), Does.Contain("x-data-bin"));
    }

    [Test]
    public async Task Context_Call_IsDescribed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/behave?what=context");
        request.Headers.Add("grpc-timeout", "2M");
        using var response = await _server.Client.SendAsync(request);
        var seen = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["seen"]!;

        Assert.That(seen["method"]!.GetValue<string>(), Is.EqualTo("/transcoding.tests.Library/Behave"));
        Assert.That(seen["host"]!.GetValue<string>(), Is.EqualTo(_server.Client.BaseAddress!.Authority));
        Assert.That(seen["peer"]!.GetValue<string>(), Does.Match(@"^ipv4:127\.0\.0\.1:\d+$"));
        Assert.That(int.Parse(seen["deadline"]!.GetValue<string>()), Is.InRange(110, 120));
        Assert.That(seen["http"]!.GetValue<string>(), Is.EqualTo("/v1/behave"));
        Assert.That(seen["authenticated"]!.GetValue<string>(), Is.EqualTo("False"));
    }

    [TestCase("wait")]
    [TestCase("ignore deadline")]
    public async Task Deadline_Passes_Answers504(string what)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/behave?what={what}");
        request.Headers.Add("grpc-timeout", "100m");
        using var response = await _server.Client.SendAsync(request);

        Assert.That(await TestServer.ErrorAsync(response, HttpStatusCode.GatewayTimeout, 4), Does.Contain("deadline"));
    }

    [TestCase("soon")]
    [TestCase("10")]
    [TestCase("123456789S")]
    [TestCase("-1S")]
    public async Task Deadline_NotATimeout_IsIgnored(string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/behave?what=context");
        request.Headers.TryAddWithoutValidation("grpc-timeout", value);
        using var response = await _server.Client.SendAsync(request);

        Assert.That(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["seen"]!["deadline"]!.GetValue<string>(), Is.EqualTo("none"));
    }

    [Test]
    public async Task Client_Disconnects_CancelsTheCallAndLogsNoError()
    {
        await using var server = await TestServer.StartAsync();
        using var abort = new CancellationTokenSource();
        var call = server.Client.GetAsync("/v1/behave?what=wait", abort.Token);
        await Eventually.TrueAsync(() => server.Log.Any(e => e.Message.Contains("Executing endpoint")));
        await abort.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        await server.Services.GetRequiredService<ServiceProbe>().Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => server.Log.Any(e => e.Message.Contains("the client has gone away")));
        Assert.That(server.Log.Where(e => e.Level >= LogLevel.Error).Select(e => e.Message), Is.Empty);
    }

    [Test]
    public void Endpoints_HaveMethodAndRuleAsMetadata()
    {
        var endpoints = _server.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        var rules = endpoints.Select(e => e.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()).OfType<GrpcJsonTranscodingMetadata>().ToList();

        Assert.That(rules.Select(r => r.HttpRule.Get), Has.Member("/v1/query").And.Member("/v1/query/{text}").And.Member("/v1/stream"));
        Assert.That(rules.Single(r => r.HttpRule.Get == "/v1/query").MethodDescriptor.Name, Is.EqualTo("Query"));
        Assert.That(
            endpoints.Single(e => e.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()?.HttpRule.Get == "/v1/query")
                .Metadata.GetMetadata<global::Grpc.AspNetCore.Server.GrpcMethodMetadata>()!.ServiceType,
            Is.EqualTo(typeof(LibraryService)));
    }

    [Test]
    public async Task Answer_Indented_IsIndented()
    {
        await using var server = await TestServer.StartAsync(o => o.JsonSettings.WriteIndented = true);
        using var response = await server.GetAsync("/v1/shelves/1/books/é");

        Assert.That(
            (await response.Content.ReadAsStringAsync()).ReplaceLineEndings("\n"),
            Is.EqualTo("{\n  \"name\": \"shelves/1/books/é\",\n  \"title\": \"\"\n}"));
    }
}
