using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Access;

/// <summary>Rights that are taken away while a stream or a connection is open end with it, whatever its owner does.</summary>
internal sealed class WithdrawnTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Namespace_Withdrawn_EndsTheStreamOfAnAccount()
    {
        var reviewer = new TestReviewer { Granted = { ["shop"] = true, ["cart"] = true } };
        await using var secured = await SecuredServer.StartAsync(reviewer, recheck: Often);
        using var both = secured.Events("a.b.c").StreamEvents(new StreamEventsRequest { K8SNamespace = { "cart", "shop" } });
        using var other = secured.Events("a.b.c").StreamEvents(new StreamEventsRequest { K8SNamespace = { "cart" } });
        await both.NextAsync();
        await other.NextAsync();

        reviewer.Granted.TryRemove("shop", out _);

        Assert.That((await both.EndAsync()).StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        await other.NextAsync();
    }

    [Test]
    public async Task Status_Withdrawn_EndsTheStreamOfAnAccount()
    {
        var reviewer = new TestReviewer { Granted = { ["shop"] = true } };
        await using var secured = await SecuredServer.StartAsync(reviewer, recheck: Often);
        using var stream = secured.Events("a.b.c").StreamEvents(new StreamEventsRequest { K8SNamespace = { "shop" }, AgentStatus = true });
        await stream.NextAsync();

        reviewer.ReadsStatus = false;

        Assert.That((await stream.EndAsync()).StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }

    [Test]
    public async Task Account_ThatCannotBeAskedAbout_KeepsItsStream()
    {
        var reviewer = new TestReviewer { Granted = { ["shop"] = true } };
        await using var secured = await SecuredServer.StartAsync(reviewer, recheck: Often);
        using var stream = secured.Events("a.b.c").StreamEvents(new StreamEventsRequest { K8SNamespace = { "shop" } });
        await stream.NextAsync();

        reviewer.IsOutOfReach = true;

        // Heartbeats of 100 ms: many checks long.
        for (var i = 0; i < 10; i++)
        {
            await stream.NextAsync();
        }
    }

    [Test]
    public async Task Token_RevokedWhileItsOwnerGuesses_EndsItsStream()
    {
        // So many good tokens of one address that the server forgets which it has seen, and wrong ones all the while: the
        // token of the stream is then among those that are not looked at.
        var reviewer = new TestReviewer { Granted = { ["shop"] = true } };
        await using var secured = await SecuredServer.StartAsync(reviewer, recheck: TimeSpan.FromSeconds(1));
        using var stream = secured.Events("a.b.0").StreamEvents(new StreamEventsRequest { K8SNamespace = { "shop" } });
        await stream.NextAsync();
        var http = secured.Http();
        await Parallel.ForAsync(1, 4200, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
        {
            using var response = await AskAsync(http, $"a.b.{i}");
        });
        reviewer.Revoked["a.b.0"] = true;
        reviewer.Revoked["a.b.guess"] = true;
        using var end = new CancellationTokenSource();
        var guessing = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                using var response = await AskAsync(http, "a.b.guess");
            }
        });

        Assert.That((await stream.EndAsync()).StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        await end.CancelAsync();
        await guessing;
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Token_Revoked_EndsItsWatchOfHealth(bool isOpen)
    {
        var reviewer = new TestReviewer();
        await using var secured = await SecuredServer.StartAsync(reviewer, isHealthOpen: isOpen, recheck: Often);
        using var watch = new Health.HealthClient(secured.Channel("a.b.c")).Watch(new HealthCheckRequest());
        using var anyone = new Health.HealthClient(secured.Channel()).Watch(new HealthCheckRequest());
        await watch.ResponseStream.MoveNext();

        reviewer.Revoked["a.b.c"] = true;

        Assert.That(
            async () =>
            {
                while (await watch.ResponseStream.MoveNext())
                {
                }
            },
            Throws.InstanceOf<RpcException>());
        if (isOpen)
        {
            Assert.That(await anyone.ResponseStream.MoveNext(), Is.True);
            Assert.That(anyone.ResponseStream.MoveNext().IsCompleted, Is.False, "who needs no credential has none that could end");
        }
    }

    [Test]
    public async Task Authority_Replaced_RefusesRequestsOnConnectionsThatStand()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var certificate = secured.Authority.SignClient("ci.example");
        var http = secured.Http(certificate: certificate);
        var events = secured.Events(certificate: certificate);
        await http.GetStringAsync(new Uri("/api/events", UriKind.Relative));
        await events.ListEventsAsync(new ListEventsRequest());
        using var next = new TestAuthority();

        secured.Write("ca.pem", $"{secured.Authority.Pem}\n{next.Pem}");
        secured.Look();
        await http.GetStringAsync(new Uri("/api/events", UriKind.Relative));
        secured.Write("ca.pem", next.Pem);
        secured.Look();

        using var response = await http.GetAsync(new Uri("/api/events", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            (await Assert.ThrowsAsync<RpcException>(async () => await events.ListEventsAsync(new ListEventsRequest())))!.StatusCode,
            Is.EqualTo(StatusCode.Unauthenticated));
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient http, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/openapi.json", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
