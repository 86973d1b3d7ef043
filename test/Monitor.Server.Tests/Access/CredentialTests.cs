using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server.Tests.Access;

/// <summary>Who gets in: tokens and certificates, good and bad, on both ports and both protocols.</summary>
internal sealed class CredentialTests
{
    [Test]
    public async Task Token_OfAReader_ReadsByRestAndGrpcOnBothPorts()
    {
        await using var secured = await SecuredServer.StartAsync();
        secured.Server.Source.Append(3);

        var http = secured.Http(SecuredServer.Token);
        foreach (var url in new[] { secured.Server.EndPoints.HttpUrl, $"https://{secured.Server.EndPoints.GrpcTarget}" })
        {
            Assert.That(await http.GetStringAsync(new Uri($"{url}/api/events")), Does.Contain("\"count\":3"));
        }

        foreach (var target in new[] { secured.Server.EndPoints.Http.ToString(), secured.Server.EndPoints.GrpcTarget })
        {
            Assert.That((await secured.Events(SecuredServer.Token, target: target).ListEventsAsync(new ListEventsRequest())).Count, Is.EqualTo(3));
        }
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("wrong")]
    [TestCase("of-the-reader-of-everything2")]
    [TestCase("OF-THE-READER-OF-EVERYTHING")]
    public async Task Token_OfNobody_IsRefusedInTheSameWords(string? token)
    {
        await using var secured = await SecuredServer.StartAsync();

        foreach (var path in new[] { "/api/events", "/api/events/stream", "/api/stats", "/api/programs", "/health", "/openapi.json", "/" })
        {
            using var response = await secured.Http(token).GetAsync(new Uri(path, UriKind.Relative));
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), path);
            Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
            Assert.That(
                await response.Content.ReadAsStringAsync(),
                Is.EqualTo("{\"code\":16,\"message\":\"this needs a valid client certificate or bearer token\",\"details\":[]}"));
        }

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await secured.Events(token).ListEventsAsync(new ListEventsRequest()));
        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }

    [TestCase("Basic b2Y6dGhl")]
    [TestCase("Bearer")]
    [TestCase("Bearer  ")]
    public async Task Authorization_OfAnotherKind_IsRefused(string authorization)
    {
        await using var secured = await SecuredServer.StartAsync();
        var http = secured.Http();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);

        using var response = await http.GetAsync(new Uri("/api/events", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("monitor-aggregator")]
    [TestCase("CI.example")]
    public async Task Certificate_OfAReader_Reads(string name)
    {
        await using var secured = await SecuredServer.StartAsync();
        using var certificate = secured.Authority.SignClient(name);

        Assert.That(
            (await secured.Events(certificate: certificate).ListEventsAsync(new ListEventsRequest())).Count, Is.Zero);
        Assert.That(
            await secured.Http(certificate: certificate).GetStringAsync(new Uri("/api/events", UriKind.Relative)), Does.Contain("\"count\":0"));
    }

    [TestCase("monitor-agent")]
    [TestCase("*")]
    [TestCase("monitor-aggregator.evil")]
    [TestCase("monitor-aggregator.")]
    [TestCase("*.example")]
    [TestCase("ci.example.")]
    [TestCase("x.ci.example")]
    [TestCase(null)]
    public async Task Certificate_OfSomebodyElse_IsNoReader(string? name)
    {
        await using var secured = await SecuredServer.StartAsync();
        using var certificate = secured.Authority.SignClient(name);

        // A token does not help who shows a certificate.
        using var response = await secured.Http(SecuredServer.Token, certificate).GetAsync(new Uri("/api/events", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase(-1, -0.5, "expired")]
    [TestCase(1, 10, "not yet valid")]
    [TestCase(-1, 10, "of another authority")]
    public async Task Certificate_Bad_EndsTheConnection(double from, double to, string why)
    {
        await using var secured = await SecuredServer.StartAsync();
        using var other = new TestAuthority();
        using var certificate = (why == "of another authority" ? other : secured.Authority).SignClient("monitor-aggregator", from, to);

        Assert.That(
            async () => await secured.Http(certificate: certificate).GetAsync(new Uri("/api/events", UriKind.Relative)),
            Throws.InstanceOf<HttpRequestException>());
        var stats = await secured.Http(SecuredServer.Token).GetStringAsync(new Uri("/api/stats", UriKind.Relative));
        Assert.That(stats, Does.Match("\"certificates_refused\":\"[1-9]"));
        Assert.That(secured.Server.LogLines, Has.Some.Contains("its certificate: "));
    }

    /// <summary>Who connects cannot have the server ask for anything, before or after it is known who that is.</summary>
    [Test]
    public async Task Certificate_ThatSaysWhereItsAuthorityIs_HasNothingFetched()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var other = new TestAuthority();
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();
        var (certificate, key) = other.Sign("monitor-aggregator", issuerUrl: new Uri($"http://{elsewhere.LocalEndpoint}/authority.crt"));
        using var shown = X509Certificate2.CreateFromPem(certificate, key);

        Assert.That(
            async () => await secured.Http(certificate: shown).GetAsync(new Uri("/api/events", UriKind.Relative)),
            Throws.InstanceOf<HttpRequestException>());

        Assert.That(secured.Server.LogLines, Has.Some.Contains("its certificate: "));
        Assert.That(elsewhere.Pending(), Is.False);
    }

    /// <summary>To judge a long chain takes a while, and comes before anything else. Who shows such is not asked for one for a while, and
    /// tokens from the same address go on.</summary>
    [Test]
    public async Task Certificates_OfLongChainsThatLeadNowhere_AreSeldomLookedAt()
    {
        await using var secured = await SecuredServer.StartAsync();
        var chain = TestAuthority.Chain(40);
        var answered = 0;
        for (var i = 0; i < 20; i++)
        {
            try
            {
                using var response = await secured.Http(chain: chain).GetAsync(new Uri("/api/events", UriKind.Relative));
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
                answered++;
            }
            catch (HttpRequestException)
            {
                // It was looked at.
            }
        }

        var stats = await secured.Http(SecuredServer.Token).GetStringAsync(new Uri("/api/stats", UriKind.Relative));
        Assert.That(answered, Is.GreaterThanOrEqualTo(10));
        Assert.That(secured.Server.LogLines, Has.Some.Contains("its certificate: it came with 39 others"));
        Assert.That(stats, Does.Match("\"throttled\":\"[1-9]").And.Match("\"certificates_refused\":\"[1-9]"));
        foreach (var certificate in chain)
        {
            certificate.Dispose();
        }
    }

    /// <summary>What the platform cannot read ends the handshake before anybody asks whether it is good.</summary>
    [Test]
    public async Task Certificate_ThatIsMalformed_IsRefusedLikeALongChain()
    {
        await using var secured = await SecuredServer.StartAsync();
        // Certificate policies that are none.
        var (certificate, key) = secured.Authority.Sign("ci.example", extension: new X509Extension("2.5.29.32", [4, 2, 0, 0], false));
        using var malformed = X509Certificate2.CreateFromPem(certificate, key);

        Assert.That(
            async () => await secured.Http(certificate: malformed).GetAsync(new Uri("/api/events", UriKind.Relative)),
            Throws.InstanceOf<HttpRequestException>());
        using var next = await secured.Http(certificate: malformed).GetAsync(new Uri("/api/events", UriKind.Relative));

        Assert.That(next.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "it is not asked for it");
        var stats = await secured.Http(SecuredServer.Token).GetStringAsync(new Uri("/api/stats", UriKind.Relative));
        Assert.That(stats, Does.Match("\"certificates_refused\":\"[1-9]"));
    }

    /// <summary>Handshakes that stand still are given up for those that go on.</summary>
    [Test]
    public async Task Handshakes_ThatStandStill_KeepNoCertificateOut()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var good = secured.Authority.SignClient("ci.example");
        // What a client sends first, which hears nothing in reply.
        var sent = new MemoryStream();
        using var silent = new SslStream(sent);
        Assert.That(async () => await silent.AuthenticateAsClientAsync("monitor.test"), Throws.InstanceOf<IOException>());
        var hello = sent.ToArray();
        var stalled = new List<TcpClient>();
        for (var i = 0; i < 100; i++)
        {
            stalled.Add(new TcpClient());
            await stalled[^1].ConnectAsync(secured.Server.EndPoints.Http);
            await stalled[^1].GetStream().WriteAsync(hello);
        }

        using var response = await secured.Http(certificate: good).GetAsync(new Uri("/api/events", UriKind.Relative));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        stalled.ForEach(client => client.Dispose());
    }

    [Test]
    public async Task Certificate_ThatHasExpired_KeepsNobodyElseOut()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var expired = secured.Authority.SignClient("ci.example", -1, -0.5);
        using var good = secured.Authority.SignClient("ci.example");
        for (var i = 0; i < 20; i++)
        {
            Assert.That(
                async () => await secured.Http(certificate: expired).GetAsync(new Uri("/api/events", UriKind.Relative)),
                Throws.InstanceOf<HttpRequestException>());
        }

        using var response = await secured.Http(certificate: good).GetAsync(new Uri("/api/events", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Client_OfTls11_IsRefused()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var handler = new SocketsHttpHandler();
#pragma warning disable CA5397, SYSLIB0039, CA5359 // Old on purpose.
        handler.SslOptions.EnabledSslProtocols = SslProtocols.Tls11;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5397, SYSLIB0039, CA5359
        using var http = new HttpClient(handler);

        Assert.That(
            async () => await http.GetAsync(new Uri($"{secured.Server.EndPoints.HttpUrl}/health")), Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task ClearText_OnATlsPort_GetsNothing()
    {
        await using var secured = await SecuredServer.StartAsync();
        using var http = new HttpClient();

        Assert.That(
            async () => await http.GetStringAsync(new Uri($"http://{secured.Server.EndPoints.Http}/api/events")),
            Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task Guessing_IsSlowedDown_AndWhoHasProvenItselfGoesOn()
    {
        await using var secured = await SecuredServer.StartAsync();
        var reader = secured.Http(SecuredServer.Token);
        Assert.That(await reader.GetStringAsync(new Uri("/api/events", UriKind.Relative)), Does.Contain("count"));

        var answers = new Dictionary<HttpStatusCode, int>();
        for (var i = 0; i < 100; i++)
        {
            using var response = await secured.Http($"guess{i}").GetAsync(new Uri("/api/events", UriKind.Relative));
            answers[response.StatusCode] = answers.GetValueOrDefault(response.StatusCode) + 1;
        }

        Assert.That(answers.Keys, Is.EquivalentTo(new[] { HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests }));
        Assert.That(answers[HttpStatusCode.Unauthorized], Is.LessThan(60));
        Assert.That(await reader.GetStringAsync(new Uri("/api/events", UriKind.Relative)), Does.Contain("count"));
        Assert.That(
            await reader.GetStringAsync(new Uri("/api/stats", UriKind.Relative)),
            Does.Contain($"\"unauthenticated\":\"{answers[HttpStatusCode.Unauthorized]}\"")
                .And.Contain($"\"throttled\":\"{answers[HttpStatusCode.TooManyRequests]}\""));
        Assert.That(secured.Server.LogLines.Count(line => line.Contains("Refused", StringComparison.Ordinal)), Is.LessThan(60));
    }

    [Test]
    public async Task Guesses_AtOneTime_AreNotAllAskedAbout()
    {
        var answer = new TaskCompletionSource();
        var reviewer = new TestReviewer { Ready = answer.Task };
        await using var secured = await SecuredServer.StartAsync(reviewer);
        var guesses = Enumerable.Range(0, 60).Select(i => $"guess{i}").ToList();
        guesses.ForEach(guess => reviewer.Revoked[guess] = true);

        var calls = guesses.ConvertAll(async guess =>
        {
            using var response = await secured.Http(guess).GetAsync(new Uri("/health", UriKind.Relative));
            return response.StatusCode;
        });
        // The others are refused without a question.
        await Support.TestServer.WaitUntilAsync(() => calls.Count(call => call.IsCompleted) >= 40, "most guesses were refused");
        answer.SetResult();
        var answers = await Task.WhenAll(calls);

        Assert.That(answers.Distinct(), Is.EquivalentTo(new[] { HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests }));
        Assert.That(reviewer.Reviews, Is.LessThanOrEqualTo(20));
    }

    [Test]
    public async Task Token_ThatIsNewAndSentManyTimesAtOnce_IsAskedAboutOnceAndLetIn()
    {
        var answer = new TaskCompletionSource();
        var reviewer = new TestReviewer { Ready = answer.Task };
        await using var secured = await SecuredServer.StartAsync(reviewer);
        var http = secured.Http("good");

        var calls = Enumerable.Range(0, 40).Select(_ => http.GetAsync(new Uri("/health", UriKind.Relative))).ToList();
        await Support.TestServer.WaitUntilAsync(() => reviewer.Reviews > 0, "the question was asked");
        answer.SetResult();

        foreach (var response in await Task.WhenAll(calls))
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            response.Dispose();
        }
    }
}
