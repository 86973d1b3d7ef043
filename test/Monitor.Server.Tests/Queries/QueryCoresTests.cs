using System.Net;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server.Tests.Queries;

/// <summary>Whose query comes next.</summary>
internal sealed class QueryCoresTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Test]
    public async Task Query_OfAnotherClient_DoesNotWaitForAllOfOne()
    {
        var http = new HttpContextAccessor();
        using var cores = new QueryCores(http);
        using var hostile = Client("192.0.2.1");
        using var polite = Client("192.0.2.2");
        using var go = new SemaphoreSlim(0);
        var ran = 0;
        Task Ask(LimitedClient client, Func<int> query) => Task.Run(() =>
        {
            http.HttpContext = new DefaultHttpContext();
            http.HttpContext.Features.Set(client);
            return cores.RunAsync(query, CancellationToken.None);
        });

        var many = Enumerable.Range(0, 50).Select(_ => Ask(hostile, () =>
        {
            go.Wait();
            return Interlocked.Increment(ref ran);
        })).ToList();
        Assert.That(() => go.Wait(0) || many.Exists(task => task.Status == TaskStatus.WaitingForActivation), Is.True.After(10_000, 10));
        await Task.Delay(200);
        var before = -1;
        var one = Ask(polite, () => before = Volatile.Read(ref ran));
        while (!one.IsCompleted)
        {
            go.Release();
            await Task.WhenAny(one, Task.Delay(50));
        }

        go.Release(many.Count);
        await Task.WhenAll(many).WaitAsync(Patience);
        // Those that had begun, and one that was first in the row.
        Assert.That(before, Is.LessThanOrEqualTo(Environment.ProcessorCount + 1));
        Assert.That(ran, Is.EqualTo(50));
    }

    private static LimitedClient Client(string address) =>
        new(IPAddress.Parse(address), new ClientLimitOptions(), TimeProvider.System, new AllClients());
}
