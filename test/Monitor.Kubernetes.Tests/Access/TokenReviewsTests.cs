using Monitor.Kubernetes.Access;
using Monitor.Kubernetes.Tests.Support;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Access;

/// <summary>Tokens and rights, as a real API server judges them.</summary>
internal sealed class TokenReviewsTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private ApiServer _server = null!;
    private ApiConnection _connection = null!;
    private ManualTime _time = null!;
    private TokenReviews _reviews = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await ApiServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [SetUp]
    public void Connect()
    {
        _connection = _server.Connect();
        _time = new ManualTime();
        _reviews = new TokenReviews(_connection, _time);
    }

    [TearDown]
    public void Disconnect() => _connection.Dispose();

    [Test]
    public async Task Token_OfAnAccount_NamesIt()
    {
        var uid = await _server.AddAccountAsync("named", ["list"], "pods");

        var account = await _reviews.FindAsync(_server.Token("named", uid, Hour), CancellationToken.None);

        Assert.That((account!.Name, account.Namespace, account.Id), Is.EqualTo(("system:serviceaccount:default:named", "default", uid)));
        Assert.That(account.Groups, Does.Contain("system:serviceaccounts:default"));
    }

    [TestCase("")]
    [TestCase("a.b.c")]
    [TestCase("not a token")]
    [TestCase("\u0000\n\"}")]
    public async Task Token_ThatIsNone_IsNobodys(string token)
    {
        Assert.That(await _reviews.FindAsync(token, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Token_ExpiredForgedOrOfAnAccountThatIsGone_IsNobodys()
    {
        var uid = await _server.AddAccountAsync("judged", ["list"], "pods");
        var good = _server.Token("judged", uid, Hour);
        var middle = good.Length / 2;

        Assert.That(await _reviews.FindAsync(_server.Token("judged", uid, TimeSpan.FromMinutes(-1)), CancellationToken.None), Is.Null);
        Assert.That(
            await _reviews.FindAsync($"{good[..middle]}{(good[middle] == 'A' ? 'B' : 'A')}{good[(middle + 1)..]}", CancellationToken.None), Is.Null);
        Assert.That(await _reviews.FindAsync(_server.Token("judged", Guid.NewGuid().ToString(), Hour), CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Right_InOneNamespace_IsThereAlone()
    {
        var uid = await _server.AddAccountAsync("team", ["get"], "nothing");
        await _server.PostAsync("apis/rbac.authorization.k8s.io/v1/clusterroles", new
        {
            metadata = new { name = "reader" },
            rules = new[] { new { apiGroups = new[] { "network-monitor" }, resources = new[] { "events" }, verbs = new[] { "list" } } },
        });
        await _server.PostAsync("apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", new
        {
            metadata = new { name = "team" },
            roleRef = new { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = "reader" },
            subjects = new[] { new { kind = "ServiceAccount", name = "team", @namespace = "default" } },
        });
        var account = (await _reviews.FindAsync(_server.Token("team", uid, Hour), CancellationToken.None))!;

        // The server's own cache of roles may be behind.
        await Waiting.UntilAsync("the right", async () =>
        {
            _time.Advance(TokenReviews.GoodFor);
            return await MayListAsync(account, "default");
        });
        Assert.That(await MayListAsync(account, "kube-system"), Is.False);
        Assert.That(await MayListAsync(account, ""), Is.False);
        Assert.That(
            await _reviews.IsAllowedAsync(account, "get", "network-monitor", "status", "default", CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Right_OfATokenWithMoreGroups_IsNotThatOfTheAccount()
    {
        var uid = await _server.AddAccountAsync("scoped", ["list"], "pods");
        var account = (await _reviews.FindAsync(_server.Token("scoped", uid, Hour), CancellationToken.None))!;

        Assert.That(await MayListAsync(account with { Groups = [.. account.Groups, "system:masters"] }, "default"), Is.True);
        Assert.That(await MayListAsync(account, "default"), Is.False);
    }

    [Test]
    public async Task Answer_CountsForAWhile_AndThenTheServerIsAsked()
    {
        var uid = await _server.AddAccountAsync("leaving", ["list"], "pods");
        var token = _server.Token("leaving", uid, Hour);
        Assert.That(await _reviews.FindAsync(token, CancellationToken.None), Is.Not.Null);

        await _server.DeleteAsync("api/v1/namespaces/default/serviceaccounts/leaving");
        Assert.That(await _reviews.FindAsync(token, CancellationToken.None), Is.Not.Null);

        await Waiting.UntilAsync("the account to be gone", async () =>
        {
            _time.Advance(TokenReviews.GoodFor);
            return await _reviews.FindAsync(token, CancellationToken.None) is null;
        });
    }

    [Test]
    public async Task Server_OutOfReach_IsNoAnswer()
    {
        await using var other = await ApiServer.StartAsync();
        using var connection = other.Connect();
        var reviews = new TokenReviews(connection, _time);
        var uid = await other.AddAccountAsync("known", ["list"], "pods");
        var token = other.Token("known", uid, Hour);
        Assert.That(await reviews.FindAsync(token, CancellationToken.None), Is.Not.Null);

        await other.KillAsync();

        Assert.That(await reviews.FindAsync(token, CancellationToken.None), Is.Not.Null, "what it said counts for a while");
        Assert.That(
            async () => await reviews.FindAsync(other.Token("known", uid, 2 * Hour), CancellationToken.None),
            Throws.InstanceOf<AccessQuestionException>());
    }

    private Task<bool> MayListAsync(Account account, string name) =>
        _reviews.IsAllowedAsync(account, "list", "network-monitor", "events", name, CancellationToken.None);
}
