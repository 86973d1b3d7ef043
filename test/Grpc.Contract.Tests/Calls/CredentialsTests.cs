using Grpc.Contract.Tests.Protos;
using Grpc.Core;
using Grpc.Net.Client;

namespace Grpc.Contract.Tests.Calls;

/// <summary>Call credentials on a cleartext channel, which a channel allows only when told to.</summary>
[CancelAfter(30_000)]
public sealed class CredentialsTests
{
    private static readonly CallCredentials First = CallCredentials.FromInterceptor(async (context, metadata) =>
    {
        await Task.Yield();
        metadata.Add("authorization", $"first {context.MethodName} {context.ServiceUrl.Split('/')[^1]}");
    });

    private static readonly CallCredentials Second = CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add("x-second-bin", [1, 2, 3]);
        return Task.CompletedTask;
    });

    private ProbeServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await ProbeServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task CallCredentials_OfTheCall_AreSent()
    {
        var client = _server.OpenClient(new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = true });
        await client.EchoAsync(new Message(), new CallOptions(credentials: First));

        var seen = await _server.NextSeenAsync();

        Assert.That(
            seen.Headers.GetValue("authorization"), Is.EqualTo("first Echo grpc.contract.tests.Probe"));
    }

    [Test]
    public async Task CallCredentials_ComposedOnTheChannel_AreAllSent()
    {
        var client = _server.OpenClient(new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Create(
                ChannelCredentials.Insecure, CallCredentials.Compose(First, Second)),
            UnsafeUseInsecureChannelCallCredentials = true,
        });
        await client.EchoAsync(new Message());

        var seen = await _server.NextSeenAsync();

        Assert.Multiple(() =>
        {
            Assert.That(seen.Headers.GetValue("authorization"), Does.StartWith("first Echo"));
            Assert.That(seen.Headers.GetValueBytes("x-second-bin"), Is.EqualTo(new byte[] { 1, 2, 3 }));
        });
    }

    [Test]
    public void CallCredentials_OnCleartextNotAllowed_AreRefusedByTheChannel() =>
        Assert.That(
            () => _server.OpenClient(new GrpcChannelOptions
            {
                Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, First),
            }),
            Throws.InvalidOperationException.With.Message.Contain("composed with InsecureCredentials"));

    [Test]
    public void ChannelCredentials_OfTlsOnACleartextAddress_AreRefusedByTheChannel() =>
        Assert.That(
            () => _server.OpenClient(new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }),
            Throws.InvalidOperationException);
}
