using System.Net;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server.Tests.Limits;

internal sealed class ClientTurnsTests
{
    [Test]
    public async Task Work_OfOneClientBeyondItsTurns_WaitsAndThatOfAnotherDoesNot()
    {
        var http = new HttpContextAccessor();
        var turns = new ClientTurns(http, 2);
        using var one = new LimitedClient(IPAddress.Loopback, new ClientLimitOptions(), TimeProvider.System, new AllClients());
        using var another = new LimitedClient(IPAddress.IPv6Loopback, new ClientLimitOptions(), TimeProvider.System, new AllClients());
        var end = new TaskCompletionSource<int>();
        var begun = 0;

        var works = Enumerable.Range(0, 100).Select(_ => WorkOf(one)).ToList();

        Assert.That(begun, Is.EqualTo(2));
        var other = WorkOf(another);
        Assert.That(begun, Is.EqualTo(3));
        end.SetResult(1);
        await Task.WhenAll([.. works, other]);
        Assert.That(begun, Is.EqualTo(101));

        Task<int> WorkOf(LimitedClient client)
        {
            http.HttpContext = new DefaultHttpContext();
            http.HttpContext.Features.Set(client);
            return turns.RunAsync(
                () =>
                {
                    Interlocked.Increment(ref begun);
                    return end.Task;
                },
                CancellationToken.None);
        }
    }
}
