using System.Text.Json;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.OpenApi;

/// <summary>The document of a running server.</summary>
[TestFixture]
internal sealed class DocumentTests
{
    private static readonly string[] Filter =
    [
        "type", "pid", "command", "k8s_node_name", "k8s_pod_name", "k8s_namespace", "source_ip", "destination_ip",
        "source_port", "destination_port", "protocol", "failed", "since",
    ];

    // What the product promises its users, independent of the .proto files.
    private static readonly (string Method, string Path, string[] Parameters)[] Promised =
    [
        ("GET", "/health", []),
        ("GET", "/api/events", [.. Filter, "until", "limit", "page_token"]),
        ("GET", "/api/events/stream", [.. Filter, "resume_token", "max_batch_events", "max_batch_delay"]),
        ("GET", "/api/events/export", [.. Filter, "until", "format"]),
        ("GET", "/api/connections", [.. Filter.Except(["type", "failed", "since"]), "state", "limit", "page_token"]),
        ("GET", "/api/explain", ["event_id"]),
        ("GET", "/api/programs", []),
        ("GET", "/api/stats", []),
        ("GET", "/api/agents", []),
        ("GET", "/api/connection-summary", ["pid", "command", "duration_seconds"]),
        ("POST", "/api/connection-summary", []),
        ("GET", "/api/packet-drop-summary", ["pid", "command", "duration_seconds"]),
        ("POST", "/api/packet-drop-summary", []),
        ("GET", "/api/list-connections", []),
        ("GET", "/api/list-packet-drops", []),
        ("GET", "/api/flows", [.. Filter.Where(name => name != "type"), "until", "duration_seconds", "group_by", "sort_by", "limit", "page_token"]),
    ];

    private TestServer _server = null!;
    private string _json = null!;
    private OpenApiDocument _document = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await TestServer.StartAsync();
        _server.Source.Append(3);
        _server.Source.Append(2, "packet_drop", made => made.PacketDrop = new PacketDropDetail { Reason = "NO_SOCKET", Length = 60 });
        _server.Source.Append(1, change: made => made.Connection = new ConnectionDetail
        {
            Outcome = ConnectionDetail.Types.Outcome.Failed,
            ReturnCode = -111,
            Error = "ECONNREFUSED",
            HandshakeTime = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1.5)),
        });
        _json = await _server.Http.GetStringAsync("/openapi.json");
        _document = OpenApiDocument.Parse(_json, "json").Document!;
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Document_OverHttp_IsOpenApiWithoutErrors()
    {
        using var response = await _server.Http.GetAsync("/openapi.json?ignored=1");
        var read = OpenApiDocument.Parse(await response.Content.ReadAsStringAsync(), "json");

        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(read.Diagnostic!.Errors, Is.Empty);
        Assert.That(read.Diagnostic.Warnings, Is.Empty);
        Assert.That(read.Diagnostic.SpecificationVersion, Is.EqualTo(OpenApiSpecVersion.OpenApi3_1));
        Assert.That(read.Document!.Info.Version, Is.EqualTo("1.2.3"));
        Assert.That(read.Document.Servers!.Single().Url, Is.EqualTo("/"));
    }

    [Test]
    public async Task Document_Head_HasNoBodyAndItsLength()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/openapi.json");
        using var response = await _server.Http.SendAsync(request);

        Assert.That((int)response.StatusCode, Is.EqualTo(200));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(System.Text.Encoding.UTF8.GetByteCount(_json)));
    }

    [Test]
    public void Document_PromisedEndpoints_AreThereWithTheirParameters()
    {
        var mapped = Rules().Select(rule => (rule.Method, rule.Path)).ToHashSet();
        var expected = Promised.Where(promise => mapped.Contains((promise.Method, promise.Path))).ToList();

        Assert.That(expected, Has.Count.GreaterThanOrEqualTo(5));
        foreach (var (method, path, parameters) in expected)
        {
            var operation = Operation(method, path);
            Assert.That(operation.Parameters?.Select(parameter => parameter.Name) ?? [], Is.SupersetOf(parameters), path);
        }
    }

    [Test]
    public void Document_EachRuleOfTheContract_IsAnOperationWithEachFieldOfItsRequest()
    {
        foreach (var (method, path, rpc, rule) in Rules())
        {
            var operation = Operation(method, path);
            Assert.That(operation.Tags!.Select(tag => tag.Name), Is.EqualTo((string[])[rpc.Service.Name]));
            Assert.That(
                operation.Parameters?.Select(parameter => parameter.Name) ?? [],
                Is.EquivalentTo(rule.Body == "*" ? [] : rpc.InputType.Fields.InFieldNumberOrder().Select(field => field.JsonName)),
                $"{method} {path}");
        }
    }

    [Test]
    public void Document_EachThing_IsDescribed()
    {
        var missing = new List<string>();
        foreach (var (path, item) in _document.Paths)
        {
            foreach (var (method, operation) in item.Operations!)
            {
                Require(operation.Summary, $"{method} {path} summary");
                Require(operation.Description, $"{method} {path}");
                Require(operation.OperationId, $"{method} {path} id");
                foreach (var parameter in operation.Parameters ?? [])
                {
                    Require(parameter.Description, $"{method} {path} {parameter.Name}");
                    Require(parameter.Schema!.Type?.ToString(), $"{method} {path} {parameter.Name} type");
                }

                Assert.That(
                    operation.Responses!.Keys, Is.SupersetOf((string[])["200", "400", "404", "405", "default"]), $"{method} {path}");
            }
        }

        foreach (var tag in _document.Tags!)
        {
            Require(tag.Description, $"tag {tag.Name}");
        }

        foreach (var (name, schema) in _document.Components!.Schemas!)
        {
            Require(schema.Description, name);
            foreach (var (field, value) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
            {
                Require(value.Description, $"{name}.{field}");
            }
        }

        Assert.That(missing, Is.Empty);

        void Require(string? text, string what)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                missing.Add(what);
            }
        }
    }

    [Test]
    public void Document_Limit_HasTypeDefaultRangeAndExample()
    {
        var limit = Parameter("/api/events", "limit").Schema!;

        Assert.That(limit.Type, Is.EqualTo(JsonSchemaType.Integer));
        Assert.That(limit.Format, Is.EqualTo("int32"));
        Assert.That(limit.Default!.GetValue<int>(), Is.EqualTo(100));
        Assert.That((limit.Minimum, limit.Maximum), Is.EqualTo(("1", "10000")));
        Assert.That(limit.Examples, Is.Not.Empty);
    }

    [Test]
    public void Document_Lists_AreRepeatedParameters()
    {
        var type = Parameter("/api/events", "type");
        var port = Parameter("/api/events/stream", "destination_port");

        Assert.That((type.In, type.Style, type.Explode), Is.EqualTo((ParameterLocation.Query, ParameterStyle.Form, true)));
        Assert.That(type.Schema!.Type, Is.EqualTo(JsonSchemaType.Array));
        Assert.That(type.Schema.Items!.Type, Is.EqualTo(JsonSchemaType.String));
        Assert.That(type.Schema.Items.Examples, Is.Not.Empty);
        Assert.That((port.Schema!.Items!.Minimum, port.Schema.Items.Maximum), Is.EqualTo(("0", "65535")));
    }

    [Test]
    public void Document_TimesAndSwitches_HaveTheirForms()
    {
        var delay = Parameter("/api/events/stream", "max_batch_delay").Schema!;

        Assert.That(Parameter("/api/events", "since").Schema!.Format, Is.EqualTo("date-time"));
        Assert.That(Parameter("/api/events", "failed").Schema!.Type, Is.EqualTo(JsonSchemaType.Boolean));
        Assert.That(delay.Type, Is.EqualTo(JsonSchemaType.String));
        Assert.That(delay.Default!.GetValue<string>(), Is.EqualTo("0.005s").And.Match(delay.Pattern!));
    }

    // Swagger UI fills such an example in, and every query would be narrower than the user meant.
    [Test]
    public void Document_Examples_AreOfSchemasAndPrefillNothing() =>
        Assert.That(_json, Does.Contain("\"examples\":").And.Not.Contain("\"example\":"));

    [Test]
    public void Document_Comments_ReadAsTheyWereWritten()
    {
        var @event = _document.Components!.Schemas!["monitor.v1.Event"];

        Assert.That(@event.Properties!["id"].Description, Does.Contain("\"&lt;epoch>-&lt;sequence>\""));
        Assert.That(@event.Properties["command"].Description, Does.StartWith("The thread's command name, at most 15 bytes, as in "));
        Assert.That(@event.Description, Does.Match("At most one of `connection`, `packet_drop`, [a-z_`, ]+ is set[.]$"));
        Assert.That(Operation("GET", "/api/events").Summary, Is.EqualTo("Lists stored events, newest first"));
    }

    [Test]
    public void Document_Health_Has503WithTheSameBody()
    {
        var responses = Operation("GET", "/health").Responses!;

        Assert.That(
            ((OpenApiSchemaReference)responses["503"].Content!["application/json"].Schema!).Reference.Id,
            Is.EqualTo("monitor.v1.GetHealthResponse"));
        Assert.That(responses["503"].Description, Is.Not.EqualTo(responses["200"].Description));
    }

    [TestCase("/health")]
    [TestCase("/api/events")]
    [TestCase("/api/events?type=packet_drop&failed=true&limit=1&since=2026-01-01T00:00:00Z")]
    [TestCase("/api/events?connection_id=1&connection_id=18446744073709551615&destination_name=x")]
    [TestCase("/api/explain?event_id=0123456789abcdef-6")]
    [TestCase("/api/flows?since=2026-01-01T00:00:00Z")]
    [TestCase("/api/programs")]
    [TestCase("/api/stats")]
    public async Task Response_OfTheServer_FitsItsSchema(string query)
    {
        var body = JsonDocument.Parse(await _server.Http.GetStringAsync(query)).RootElement;
        var check = SchemaCheck.Parse(_json);

        Assert.That(body.EnumerateObject(), Is.Not.Empty);
        Assert.That(check.Compare(body, check.ResponseSchema(query.Split('?')[0], "get", "200")), Is.Empty);
    }

    [TestCase("/api/events?limit=x", "400")]
    [TestCase("/api/events?k8s_pod=x", "400")]
    [TestCase("/api/event", "404")]
    public async Task Error_OfTheServer_FitsItsSchema(string query, string status)
    {
        using var response = await _server.Http.GetAsync(query);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var check = SchemaCheck.Parse(_json);

        Assert.That(((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(status));
        Assert.That(check.Compare(body, check.ResponseSchema("/api/events", "get", status)), Is.Empty);
    }

    [Test]
    public async Task Stream_OfTheServer_HasLinesThatFitTheSchema()
    {
        using var response = await _server.Http.GetAsync(
            "/api/events/stream?since=2026-01-01T00:00:00Z", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
        var check = SchemaCheck.Parse(_json);
        var schema = check.ResponseSchema("/api/events/stream", "get", "200");

        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(check.Compare(JsonDocument.Parse(line!).RootElement, schema), Is.Empty);
    }

    [Test]
    public async Task Document_OnceAMonitorOfTheUsersOwnIsThere_DescribesItsFields()
    {
        await using var server = await TestServer.StartAsync();
        Assert.That(await server.Http.GetStringAsync("/openapi.json"), Does.Not.Contain("CustomDetail.exec"));

        server.Programs.Programs =
        [
            FakePrograms.Own(
                "exec",
                new MonitorField { Name = "path", Kind = "text", CType = "char[64]", Doc = "The program." },
                new MonitorField { Name = "ports", Kind = "port", CType = "__u16[3]", Count = 3 }),
        ];
        var json = await server.Http.GetStringAsync("/openapi.json");
        var fields = JsonDocument.Parse(json).RootElement.GetProperty("components").GetProperty("schemas")
            .GetProperty("monitor.v1.CustomDetail.exec").GetProperty("properties").GetProperty("fields").GetProperty("properties");

        Assert.That(fields.GetProperty("path").GetProperty("description").GetString(), Does.Contain("The program.").And.Contain("char[64]"));
        Assert.That(fields.GetProperty("ports").GetProperty("properties").GetProperty("list").ToString(), Does.Contain("number"));
    }

    [Test]
    public async Task Monitors_WithTwoFieldsOfOneName_DoNotTakeTheDocumentAway()
    {
        await using var server = await TestServer.StartAsync();
        server.Programs.Programs =
            [FakePrograms.Own("exec", new MonitorField { Name = "path", Kind = "text" }, new MonitorField { Name = "path", Kind = "port" })];

        Assert.That(await server.Http.GetStringAsync("/openapi.json"), Does.Contain("monitor.v1.CustomDetail.exec"));
    }

    [Test]
    public async Task Parameter_WithItsExampleOrDefault_IsTaken()
    {
        var refused = new List<string>();
        foreach (var (path, item) in _document.Paths)
        {
            // What only takes a POST has its parameters in the body.
            foreach (var parameter in item.Operations!.GetValueOrDefault(HttpMethod.Get)?.Parameters ?? [])
            {
                var value = parameter.Schema!.Examples ?? parameter.Schema.Items?.Examples ?? [];
                // There is no monitor with fields here.
                if (parameter.Name == "field")
                {
                    continue;
                }

                foreach (var example in value.Append(parameter.Schema.Default).OfType<System.Text.Json.Nodes.JsonNode>())
                {
                    var uri = $"{path}?{parameter.Name}={Uri.EscapeDataString(example.ToString())}";
                    using var response = await _server.Http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead);
                    if (!response.IsSuccessStatusCode)
                    {
                        refused.Add($"{uri}: {await response.Content.ReadAsStringAsync()}");
                    }
                }
            }
        }

        Assert.That(refused, Is.Empty);
    }

    [Test]
    public void Facts_EachName_IsOfTheContract()
    {
        var messages = ContractServices.All
            .SelectMany(service => service.Methods)
            .ToList();

        Assert.That(
            ContractFacts.Fields.Keys,
            Is.SubsetOf(messages.SelectMany(rpc => rpc.InputType.Fields.InFieldNumberOrder()).Select(field => field.FullName)));
        Assert.That(ContractFacts.OtherStatuses.Keys, Is.SubsetOf(messages.Select(rpc => rpc.FullName)));
    }

    private OpenApiOperation Operation(string method, string path)
    {
        Assert.That(_document.Paths, Does.ContainKey(path));
        Assert.That(_document.Paths[path].Operations, Does.ContainKey(new HttpMethod(method)), path);
        return _document.Paths[path].Operations![new HttpMethod(method)];
    }

    private IOpenApiParameter Parameter(string path, string name) =>
        Operation("GET", path).Parameters!.Single(parameter => parameter.Name == name);

    private static IEnumerable<(string Method, string Path, MethodDescriptor Rpc, HttpRule Rule)> Rules() =>
        from service in ContractServices.All
        from rpc in service.Methods
        let main = rpc.GetOptions()?.GetExtension(AnnotationsExtensions.Http)
        where main is not null
        from rule in main.AdditionalBindings.Prepend(main)
        select rule.PatternCase == HttpRule.PatternOneofCase.Get
            ? ("GET", rule.Get, rpc, rule)
            : ("POST", rule.Post, rpc, rule);
}
