using Grpc.Contract.Tests.Protos;
using Grpc.Core;

namespace Grpc.Contract.Tests.Calls;

/// <summary>Headers and trailers, there and back.</summary>
[CancelAfter(30_000)]
public sealed class MetadataOnTheWireTests
{
    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(256)]
    public async Task Headers_Binary_ArriveAndReturn(int length)
    {
        await using var server = await ProbeServer.StartAsync();
        using var call = server.OpenClient().EchoAsync(
            new Message(), new Metadata { { "x-data-bin", AllBytes[..length] } });
        await call;

        var seen = await server.NextSeenAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Headers.GetValueBytes("x-data-bin"), Is.EqualTo(AllBytes[..length]));
            Assert.That(call.GetTrailers().GetValueBytes("x-data-bin"), Is.EqualTo(AllBytes[..length]));
        });
    }

    // HTTP allows to join equal headers, and HttpClient does.
    [Test]
    public async Task Headers_SameKeyTwice_AreJoinedInOrder()
    {
        await using var server = await ProbeServer.StartAsync();
        using var call = server.OpenClient().EchoAsync(
            new Message(), new Metadata { { "x-a", "first" }, { "x-a", "second" } });
        await call;

        Assert.That((await server.NextSeenAsync()).Headers.GetValue("x-a"), Is.EqualTo("first, second"));
    }
}
