using Grpc.Core;
using Grpc.Health.V1;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Discovery;

internal sealed class HealthServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [TestCase("")]
    [TestCase("monitor.v1.EventService")]
    [TestCase("monitor.v1.ConnectionService")]
    [TestCase("monitor.v1.ExplainService")]
    [TestCase("monitor.v1.ExportService")]
    [TestCase("monitor.v1.FlowService")]
    [TestCase("monitor.v1.ProgramService")]
    [TestCase("monitor.v1.StatusService")]
    public async Task Check_OfAServer_SaysWhatHealthSays(string service)
    {
        await using var server = await TestServer.StartAsync();
        var health = new Health.HealthClient(server.OpenChannel());

        async Task<HealthCheckResponse.Types.ServingStatus> CheckAsync() =>
            (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status;

        Assert.That(await CheckAsync(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
        server.Programs.Programs = [FakePrograms.Active("connection"), FakePrograms.Failed("packet_drop")];
        Assert.That(await CheckAsync(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving), "degraded");
        server.Programs.Programs = [FakePrograms.Failed("packet_drop")];
        Assert.That(await CheckAsync(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.NotServing));
    }

    [Test]
    public async Task Check_OfAnUnknownService_IsNotFound()
    {
        await using var server = await TestServer.StartAsync();
        var health = new Health.HealthClient(server.OpenChannel());

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await health.CheckAsync(new HealthCheckRequest { Service = "monitor.v1.Other" }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Watch_OfAServerThatFails_IsTold()
    {
        await using var server = await TestServer.StartAsync();
        using var watch = new Health.HealthClient(server.OpenChannel()).Watch(new HealthCheckRequest());

        Assert.That(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience), Is.True);
        Assert.That(
            watch.ResponseStream.Current.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
        server.Programs.Programs = [FakePrograms.Failed("connection")];
        Assert.That(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience), Is.True);
        Assert.That(
            watch.ResponseStream.Current.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.NotServing));
    }
}
