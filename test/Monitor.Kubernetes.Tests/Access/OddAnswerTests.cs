using Monitor.Kubernetes.Access;
using Monitor.Kubernetes.Tests.Support;

namespace Monitor.Kubernetes.Tests.Access;

/// <summary>Answers that are not those of an API server: the question stays open, and nobody is let in.</summary>
internal sealed class OddAnswerTests
{
    [TestCase("")]
    [TestCase("null")]
    [TestCase("5")]
    [TestCase("[]")]
    [TestCase("<html>Bad gateway</html>")]
    [TestCase("""{"status":[]}""")]
    [TestCase("""{"metadata":{"creationTimestamp":"2026-01-0YT00:00:00Z"},"status":{"authenticated":true,"user":{"username":"a"},"allowed":true}}""")]
    public async Task Answer_OfGarbage_IsNoAnswer(string garbage)
    {
        await using var server = new ScriptedServer((_, stream, _) => ScriptedServer.WriteAsync(stream, 201, garbage));
        using var connection = server.Connect();
        var reviews = new TokenReviews(connection, TimeProvider.System);
        var account = new Account("a", "1", [], new Dictionary<string, IList<string>>());

        Assert.That(async () => await reviews.FindAsync("a.b.c", CancellationToken.None), Throws.InstanceOf<AccessQuestionException>());
        Assert.That(
            async () => await reviews.IsAllowedAsync(account, "list", "g", "r", "n", CancellationToken.None), Throws.InstanceOf<AccessQuestionException>());
    }

    [TestCase("{}")]
    [TestCase("""{"status":null}""")]
    [TestCase("""{"status":{"authenticated":true,"allowed":true,"denied":true}}""")]
    [TestCase("""{"status":{"authenticated":true,"user":{"username":""}}}""")]
    public async Task Answer_ThatSaysLess_IsNo(string answer)
    {
        await using var server = new ScriptedServer((_, stream, _) => ScriptedServer.WriteAsync(stream, 201, answer));
        using var connection = server.Connect();
        var reviews = new TokenReviews(connection, TimeProvider.System);
        var account = new Account("a", "1", [], new Dictionary<string, IList<string>>());

        Assert.That(await reviews.FindAsync("a.b.c", CancellationToken.None), Is.Null);
        Assert.That(await reviews.IsAllowedAsync(account, "list", "g", "r", "n", CancellationToken.None), Is.False);
    }
}
