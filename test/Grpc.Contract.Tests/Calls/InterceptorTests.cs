using Grpc.Contract.Tests.Protos;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.Contract.Tests.Calls;

/// <summary>Interceptors on both sides.</summary>
[CancelAfter(30_000)]
public sealed class InterceptorTests
{
    [Test]
    public async Task ServerInterceptor_Unary_RunsBeforeTheHandlerWithItsState()
    {
        await using var server = await ProbeServer.StartAsync(options => options.Interceptors.Add<NotingInterceptor>());
        await server.OpenClient().EchoAsync(new Message());

        Assert.That((await server.NextSeenAsync()).Notes, Is.EqualTo(new[] { "noted" }));
    }

    [Test]
    public async Task ServerInterceptor_EveryKind_SeesTheCall()
    {
        await using var server = await ProbeServer.StartAsync(
            options => options.Interceptors.Add<RefusingInterceptor>());
        var client = server.OpenClient();
        using var sum = client.Sum();
        using var count = client.Count(new Number { Value = 1 });
        using var twice = client.Double();

        Assert.Multiple(() =>
        {
            AssertRefused(async () => await client.EchoAsync(new Message()), "unary");
            AssertRefused(async () => await sum, "client");
            AssertRefused(async () => await count.ResponseStream.MoveNext(), "server");
            AssertRefused(async () => await twice.ResponseStream.MoveNext(), "duplex");
        });
    }

    [Test]
    public async Task ClientInterceptors_Several_RunInTheOrderGiven()
    {
        await using var server = await ProbeServer.StartAsync();
        var invoker = server.OpenChannel().Intercept(new HeaderInterceptor("1"), new HeaderInterceptor("2"));
        await new Probe.ProbeClient(invoker).EchoAsync(new Message());

        var seen = await server.NextSeenAsync();

        Assert.That(seen.Headers.GetValue("x-passed"), Is.EqualTo("1, 2"));
    }

    [Test]
    public async Task ClientInterceptor_Function_ChangesTheHeadersOfEveryKind()
    {
        await using var server = await ProbeServer.StartAsync(
            options => options.Interceptors.Add<DemandingInterceptor>());
        var client = new Probe.ProbeClient(server.OpenChannel().Intercept(headers =>
        {
            headers.Add("x-key", "open");
            return headers;
        }));
        using var sum = client.Sum();
        await sum.RequestStream.CompleteAsync();
        using var count = client.Count(new Number { Value = 1 });
        using var twice = client.Double();
        await twice.RequestStream.CompleteAsync();

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(client.Echo(new Message { Text = "a" }).Text, Is.EqualTo("a"));
            Assert.That((await client.EchoAsync(new Message { Text = "b" })).Text, Is.EqualTo("b"));
            Assert.That((await sum).Value, Is.Zero);
            Assert.That(await count.ResponseStream.MoveNext(), Is.True);
            Assert.That(await twice.ResponseStream.MoveNext(), Is.False);
        });
    }

    private static void AssertRefused(Func<Task> call, string detail) =>
        Assert.That(
            call,
            Throws.TypeOf<RpcException>()
                .With.Property(nameof(RpcException.Status)).EqualTo(new Status(StatusCode.PermissionDenied, detail)));
}
