using System.Net;
using Monitor.Server.Tests.Access;

namespace Monitor.Server.Tests.Exporting;

/// <summary>What a reader may export.</summary>
internal sealed class ExportAccessTests
{
    [TestCase(SecuredServer.Token, "", HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, "", HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, "?k8s_namespace=team-b", HttpStatusCode.OK)]
    [TestCase(SecuredServer.TeamToken, "?k8s_namespace=team-c", HttpStatusCode.Forbidden)]
    [TestCase(SecuredServer.StatusToken, "", HttpStatusCode.Forbidden)]
    [TestCase("a-wrong-one", "", HttpStatusCode.Unauthorized)]
    public async Task Reader_ByItsRole_GetsOrIsRefused(string token, string query, HttpStatusCode expected)
    {
        await using var secured = await SecuredServer.StartAsync();

        using var response = await secured.Http(token).GetAsync(new Uri("/api/events/export" + query, UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(expected), await response.Content.ReadAsStringAsync());
    }

    [Test]
    public async Task Team_GetsItsEventsAndThatSomeAreMissingButNotHowMany([Values("ndjson", "parquet")] string format)
    {
        await using var secured = await SecuredServer.StartAsync(retentionBytes: 1 << 20);
        Append(secured, "team-c", 20_000);
        Append(secured, "team-a", 3);
        secured.Server.Source.AppendLoss(1234);
        Append(secured, "team-b", 2);
        Append(secured, "", 1);

        using var file = await ExportedFile.SaveAsync(secured.Http(SecuredServer.TeamToken), format);

        var rows = format == "ndjson"
            ? file.Lines().Select(line => (line["k8s_namespace"]?.GetValue<string>(), line["loss"]?["cause"]?.GetValue<string>(), line["loss"]?["count"]?.GetValue<string>()))
            : Duck.Query(file.FullName, "SELECT k8s_namespace, loss->>'cause' AS cause, loss->>'count' AS count, loss_count FROM read_parquet(FILE)")
                .Select(row => ((string?)row["k8s_namespace"], (string?)row["cause"], (string?)row["count"] ?? row["loss_count"]?.ToString()));
        Assert.That(rows, Is.EqualTo(new (string?, string?, string?)[]
        {
            (null, "LOSS_CAUSE_EVICTED", "0"),
            ("team-a", null, null), ("team-a", null, null), ("team-a", null, null),
            (null, "LOSS_CAUSE_RING_FULL", "0"),
            ("team-b", null, null), ("team-b", null, null),
        }));
    }

    [Test]
    public async Task Right_Withdrawn_CutsTheExportOff()
    {
        var reviewer = new TestReviewer { Granted = { ["shop"] = true } };
        await using var secured = await SecuredServer.StartAsync(reviewer, recheck: TimeSpan.FromMilliseconds(50), retentionBytes: 64 << 20);
        Append(secured, "shop", 100_000);
        using var response = await secured.Http("a.b.c").GetAsync(
            new Uri("/api/events/export?k8s_namespace=shop", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        reviewer.Granted.TryRemove("shop", out _);

        await secured.Server.WaitUntilClosedAsync();
        Assert.That(async () => await response.Content.CopyToAsync(Stream.Null), Throws.InstanceOf<HttpRequestException>());
    }

    private static void Append(SecuredServer secured, string name, int count)
    {
        for (var left = count; left > 0; left -= 1000)
        {
            secured.Server.Source.Append(Math.Min(left, 1000), change: made =>
            {
                if (name.Length > 0)
                {
                    made.K8SNamespace = name;
                }
            });
        }
    }
}
