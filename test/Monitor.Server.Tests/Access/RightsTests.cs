using System.Net;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Access;

/// <summary>What a reader gets: by role, and only of its namespaces.</summary>
internal sealed class RightsTests
{
    [TestCase(SecuredServer.Token, "/api/events", HttpStatusCode.OK)]
    [TestCase(SecuredServer.Token, "/api/stats", HttpStatusCode.OK)]
    [TestCase(SecuredServer.Token, "/api/programs", HttpStatusCode.OK)]
    [TestCase(SecuredServer.Token, "/openapi.json", HttpStatusCode.OK)]
    [TestCase(SecuredServer.StatusToken, "/api/stats", HttpStatusCode.OK)]
    [TestCase(SecuredServer.StatusToken, "/api/programs", HttpStatusCode.OK)]
    [TestCase(SecuredServer.StatusToken, "/health", HttpStatusCode.OK)]
    [TestCase(SecuredServer.StatusToken, "/api/events", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.StatusToken, "/api/events/stream", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.StatusToken, "/api/connection-summary", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.StatusToken, "/api/flows", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/flows?k8s_namespace=team-c", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/events", HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, "/api/events?k8s_namespace=team-b", HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, "/api/events?k8s_namespace=team-c", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/events?k8s_namespace=team-a&k8s_namespace=team-c", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/events/stream?agent_status=true", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/stats", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/programs", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.TeamToken, "/api/agents", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.Token, "/metrics", HttpStatusCode.OK)]
    [TestCase(SecuredServer.StatusToken, "/metrics", HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, "/metrics", HttpStatusCode.Forbidden)]
    [TestCase("a-wrong-one", "/metrics", HttpStatusCode.Unauthorized)]
    public async Task Reader_ByItsRole_GetsOrIsRefused(string token, string path, HttpStatusCode expected)
    {
        await using var secured = await SecuredServer.StartAsync();

        using var response = await secured.Http(token).GetAsync(new Uri(path, UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(expected), await response.Content.ReadAsStringAsync());
    }

    /// <summary>Programs that run on demand are attached for whoever may read their events.</summary>
    [TestCase(SecuredServer.Token, HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, HttpStatusCode.OK)]
    [TestCase(SecuredServer.StatusToken, HttpStatusCode.Forbidden)]
    [TestCase("of-an-account-of-kubernetes", HttpStatusCode.Forbidden)]
    [TestCase("of-an-account-of-kubernetes", HttpStatusCode.OK, TestReviewer.OwnNamespace)]
    public async Task Demand_OfWhoMayNotReadEvents_IsRefused(string token, HttpStatusCode expected, string? granted = null)
    {
        var reviewer = new TestReviewer { ReadsStatus = false };
        reviewer.Granted[granted ?? "another"] = true;
        await using var secured = await SecuredServer.StartAsync(reviewer);
        using var content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");

        using var response = await secured.Http(token).PostAsync(new Uri("/api/programs/demand", UriKind.Relative), content);

        Assert.That(response.StatusCode, Is.EqualTo(expected), await response.Content.ReadAsStringAsync());
    }

    [Test]
    public async Task Metrics_LeftOpenByName_AreForEveryoneAndNothingElseIs([Values] bool areOpen)
    {
        await using var secured = await SecuredServer.StartAsync(areMetricsOpen: areOpen);

        using var metrics = await secured.Http().GetAsync(new Uri("/metrics", UriKind.Relative));
        using var health = await secured.Http().GetAsync(new Uri("/health", UriKind.Relative));
        using var team = await secured.Http(SecuredServer.TeamToken).GetAsync(new Uri("/metrics", UriKind.Relative));

        Assert.That(metrics.StatusCode, Is.EqualTo(areOpen ? HttpStatusCode.OK : HttpStatusCode.Unauthorized));
        Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(team.StatusCode, Is.EqualTo(areOpen ? HttpStatusCode.OK : HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Team_InListsGroupsAndSummaries_CountsItsOwnAlone()
    {
        await using var secured = await SecuredServer.StartAsync();
        Append(secured, "team-a", 3);
        Append(secured, "team-b", 2);
        Append(secured, "team-c", 50);
        Append(secured, "", 7);
        var http = secured.Http(SecuredServer.TeamToken);

        var list = await JsonAsync(http, "/api/events?limit=2");
        var groups = await JsonAsync(http, "/api/list-connections");
        var summary = await JsonAsync(http, "/api/connection-summary");
        var flows = await JsonAsync(http, "/api/flows?group_by=process");

        Assert.That(list.GetProperty("total_count").GetInt32(), Is.EqualTo(5));
        Assert.That(groups.GetProperty("total_events").GetInt32(), Is.EqualTo(5));
        Assert.That(groups.GetProperty("total_pids").GetInt32(), Is.EqualTo(2));
        Assert.That(summary.GetProperty("count").GetInt32(), Is.EqualTo(5));
        Assert.That(
            flows.GetProperty("flows").EnumerateArray().Select(flow => flow.GetProperty("source").GetProperty("k8s_namespace").GetString()),
            Is.EquivalentTo(new[] { "team-a", "team-b" }));
        Assert.That(
            flows.GetProperty("flows").EnumerateArray().Sum(flow => int.Parse(flow.GetProperty("connections").GetString()!, System.Globalization.CultureInfo.InvariantCulture)),
            Is.EqualTo(5));
        Assert.That((await JsonAsync(http, "/api/events?k8s_namespace=team-b")).GetProperty("total_count").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task Team_InAStream_SeesItsEventsAndThatSomeAreLostButNotHowMany()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var team = secured.Events(SecuredServer.TeamToken).StreamEvents(new StreamEventsRequest { Since = new Timestamp() });
        using var all = secured.Events(SecuredServer.Token).StreamEvents(new StreamEventsRequest { Since = new Timestamp() });
        await team.NextAsync();
        await all.NextAsync();

        Append(secured, "team-c", 5);
        secured.Server.Source.AppendLoss(1234);
        Append(secured, "team-a", 1);
        Append(secured, "", 1);

        var seen = await team.ReadEventsAsync(1);
        Assert.That(seen.SelectMany(message => message.Events).Select(e => e.K8SNamespace), Is.EqualTo(new[] { "team-a" }));
        var loss = seen.SelectMany(message => message.Losses).Single();
        Assert.That((loss.Cause, loss.Count), Is.EqualTo((LossCause.RingFull, 0UL)));
        var everything = await all.ReadEventsAsync(7);
        Assert.That(everything.SelectMany(message => message.Losses).Single().Count, Is.EqualTo(1234));
    }

    [Test]
    public async Task Team_WithAResumeTokenOfAnother_StillSeesItsOwnAlone()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var all = secured.Events(SecuredServer.Token).StreamEvents(new StreamEventsRequest());
        var token = (await all.NextAsync()).ResumeToken;
        Append(secured, "team-c", 5);
        Append(secured, "team-b", 1);

        using var team = secured.Events(SecuredServer.TeamToken).StreamEvents(new StreamEventsRequest { ResumeToken = token });
        var seen = await team.ReadEventsAsync(1);

        Assert.That(seen.SelectMany(message => message.Events).Single().K8SNamespace, Is.EqualTo("team-b"));
    }

    [Test]
    public async Task Team_WithATokenOfWhatHasLeftTheLog_IsNotToldHowMuch()
    {
        await using var secured = await SecuredServer.StartAsync(retentionBytes: 1 << 20);
        using var all = secured.Events(SecuredServer.Token).StreamEvents(new StreamEventsRequest());
        var token = (await all.NextAsync()).ResumeToken;
        Append(secured, "team-c", 30_000);

        var toTeam = await secured.Events(SecuredServer.TeamToken).StreamEvents(new StreamEventsRequest { ResumeToken = token }).EndAsync();
        var toAll = await secured.Events(SecuredServer.Token).StreamEvents(new StreamEventsRequest { ResumeToken = token }).EndAsync();

        Assert.That((toTeam.StatusCode, toAll.StatusCode), Is.EqualTo((StatusCode.OutOfRange, StatusCode.OutOfRange)));
        Assert.That(toTeam.Status.Detail, Does.Contain("accept_loss").And.Not.Match("[0-9]"));
        Assert.That(toAll.Status.Detail, Does.Match("resume_token: [0-9]+ events"));
    }

    [Test]
    public async Task Account_ThatAsksAboutManyNamespaces_IsSlowedDownAndWhoMayGoesOn()
    {
        var reviewer = new TestReviewer { Granted = { ["shop"] = true } };
        await using var secured = await SecuredServer.StartAsync(reviewer);
        var events = secured.Events("a.b.c");
        await events.ListEventsAsync(new ListEventsRequest { K8SNamespace = { "shop" } });
        var codes = new HashSet<StatusCode>();
        for (var i = 0; i < 100; i++)
        {
            var request = new ListEventsRequest { K8SNamespace = { $"other-{i}" } };
            codes.Add((await Assert.ThrowsAsync<RpcException>(async () => await events.ListEventsAsync(request)))!.StatusCode);
        }

        Assert.That(codes, Is.EquivalentTo(new[] { StatusCode.PermissionDenied, StatusCode.ResourceExhausted }));
        Assert.That(reviewer.Questions, Is.LessThan(60));
        await events.ListEventsAsync(new ListEventsRequest { K8SNamespace = { "shop" } });
    }

    [TestCase(false, HttpStatusCode.Unauthorized)]
    [TestCase(true, HttpStatusCode.OK)]
    public async Task Health_ForEveryone_OnlyWhereItIsOpen(bool isOpen, HttpStatusCode expected)
    {
        await using var secured = await SecuredServer.StartAsync(isHealthOpen: isOpen);

        using var response = await secured.Http().GetAsync(new Uri("/health", UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(expected));
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(body, Does.Not.Contain("node-1").And.Not.Contain("program/"));
        using var events = await secured.Http().GetAsync(new Uri("/api/events", UriKind.Relative));
        Assert.That(events.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Reader_Forbidden_IsCounted()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var response = await secured.Http(SecuredServer.StatusToken).GetAsync(new Uri("/api/events", UriKind.Relative));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await secured.Events(SecuredServer.TeamToken)
            .ListEventsAsync(new ListEventsRequest { K8SNamespace = { "team-c" } }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
        Assert.That(failure.Status.Detail, Does.Contain("'team-c'"));
        Assert.That(
            await secured.Http(SecuredServer.StatusToken).GetStringAsync(new Uri("/api/stats", UriKind.Relative)),
            Does.Contain("\"forbidden\":\"2\""));
    }

    private static void Append(SecuredServer secured, string name, int count) => secured.Server.Source.Append(count, change: made =>
    {
        made.K8SNamespace = name;
        made.Connection = new ConnectionDetail { Outcome = ConnectionDetail.Types.Outcome.Connected };
        made.Pid = name == "team-a" ? 1u : name == "team-b" ? 2u : 3u;
        made.Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
    });

    private static async Task<JsonElement> JsonAsync(HttpClient http, string path) =>
        JsonDocument.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;
}
