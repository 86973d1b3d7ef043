using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Limits;

/// <summary>Calls that never end, as the web server leaves some of those whose connection it has given up.</summary>
internal sealed class CallLimitTests
{
    private static readonly Marshaller<object> None = new(_ => [], _ => new object());

    [TestCase(MethodType.ServerStreaming)]
    [TestCase(MethodType.DuplexStreaming)]
    [TestCase(MethodType.Unary)]
    public async Task Call_ThatNeverEnds_GivesBackOnceItsClientHasLeft(MethodType type)
    {
        var options = TestServer.Options();
        using var client = new LimitedClient(IPAddress.Loopback, options.Clients, options.Time, new AllClients());
        using var left = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = left.Token };
        context.Features.Set(client);
        using var timeout = new CancellationTokenSource();
        context.Features.Set(new OpenRequest(new HeldRequest(client), timeout));
        var method = new GrpcMethodMetadata(typeof(object), new Method<object, object>(type, "service", "method", None, None));
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(method), null));
        var end = new TaskCompletionSource();
        var call = new CallLimit(_ => end.Task, options, new LimitCounters()).InvokeAsync(context);
        Assert.That(client.Streams + client.CallsAtWork, Is.EqualTo(1));
        Assert.That(client.IsIdle, Is.False);

        await left.CancelAsync();

        await TestServer.WaitUntilAsync(() => client.Streams + client.CallsAtWork == 0, "it was given back");
        // And only once, where it ends after all.
        end.SetResult();
        await call;
        Assert.That((client.Streams, client.CallsAtWork), Is.EqualTo((0, 0)));
    }
}
