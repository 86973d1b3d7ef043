using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck.Tests;

/// <summary>The service as it is, with statuses that the application sets.</summary>
[CancelAfter(30_000)]
public sealed class HealthServiceImplTests
{
    private const string Service = "monitor.v1.EventService";

    private readonly HealthServiceImpl _health = new();
    private HealthServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await HealthServer.StartAsync(
        services => services.AddSingleton(_health), application => application.MapGrpcService<HealthServiceImpl>());

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [SetUp]
    public void Clear() => _health.ClearAll();

    [TestCase("", ServingStatus.Serving)]
    [TestCase(Service, ServingStatus.NotServing)]
    [TestCase(Service, ServingStatus.Unknown)]
    public async Task Check_AfterSetStatus_TellsIt(string service, ServingStatus status)
    {
        _health.SetStatus(service, status);

        Assert.That(await CheckAsync(service), Is.EqualTo(status));
    }

    [TestCase("")]
    [TestCase("monitor.v1.eventservice")]
    [TestCase("\ud83d\ude00")]
    public void Check_UnknownService_IsNotFound(string service)
    {
        _health.SetStatus(Service, ServingStatus.Serving);

        AssertNotFound(service);
    }

    [Test]
    public async Task ClearStatus_OfOne_KeepsTheOthers()
    {
        _health.SetStatus(Service, ServingStatus.Serving);
        _health.SetStatus("", ServingStatus.NotServing);

        _health.ClearStatus(Service);
        _health.ClearStatus("never set");

        AssertNotFound(Service);
        Assert.That(await CheckAsync(""), Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public void ClearAll_AfterSetStatus_ForgetsAll()
    {
        _health.SetStatus(Service, ServingStatus.Serving);
        _health.SetStatus("", ServingStatus.Serving);

        _health.ClearAll();

        AssertNotFound(Service);
        AssertNotFound("");
    }

    [Test]
    public async Task Watch_KnownService_TellsStatusAndChangesOnly(CancellationToken cancellationToken)
    {
        _health.SetStatus(Service, ServingStatus.Serving);
        using var watch = new WatchCall(_server, Service, cancellationToken);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.Serving));
        _health.SetStatus(Service, ServingStatus.Serving);
        _health.SetStatus("another", ServingStatus.NotServing);
        _health.SetStatus(Service, ServingStatus.NotServing);
        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.NotServing));
        _health.SetStatus(Service, ServingStatus.Serving);
        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.Serving));
    }

    [Test]
    public async Task Watch_UnknownService_WaitsForIt(CancellationToken cancellationToken)
    {
        using var watch = new WatchCall(_server, Service, cancellationToken);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.ServiceUnknown));
        _health.SetStatus(Service, ServingStatus.Serving);
        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.Serving));
        _health.ClearStatus(Service);
        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.ServiceUnknown));
        _health.SetStatus(Service, ServingStatus.NotServing);
        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.NotServing));
        _health.ClearAll();
        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.ServiceUnknown));
    }

    [Test]
    public async Task Watch_ByMany_TellsEachOne(CancellationToken cancellationToken)
    {
        var watches = Enumerable.Range(0, 20).Select(_ => new WatchCall(_server, Service, cancellationToken)).ToList();
        foreach (var watch in watches)
        {
            await watch.NextAsync();
        }

        _health.SetStatus(Service, ServingStatus.Serving);
        var told = await Task.WhenAll(watches.Select(watch => watch.NextAsync()));

        watches.ForEach(watch => watch.Dispose());
        Assert.That(told, Is.All.EqualTo(ServingStatus.Serving));
    }

    [Test]
    public async Task Watch_WithMoreChangesThanItTakes_TellsTheLatest(CancellationToken cancellationToken)
    {
        using var watch = new WatchCall(_server, Service, cancellationToken);
        await watch.NextAsync();

        for (var i = 0; i < 100_000; i++)
        {
            _health.SetStatus(Service, i % 2 == 0 ? ServingStatus.NotServing : ServingStatus.Serving);
        }

        _health.SetStatus(Service, ServingStatus.Unknown);
        var before = await watch.ReadUntilAsync(ServingStatus.Unknown);

        Assert.That(before, Has.Count.LessThan(100_000));
    }

    [Test]
    public async Task Watch_WhileStatusesAreSetByManyThreads_EndsWithTheLast(CancellationToken cancellationToken)
    {
        using var watch = new WatchCall(_server, Service, cancellationToken);
        await watch.NextAsync();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                _health.SetStatus(Service, (i + thread) % 2 == 0 ? ServingStatus.NotServing : ServingStatus.Serving);
            }
        }, cancellationToken)));
        _health.SetStatus(Service, ServingStatus.Unknown);

        Assert.That(await watch.ReadUntilAsync(ServingStatus.Unknown), Does.Not.Contain(ServingStatus.ServiceUnknown));
    }

    [Test]
    public async Task Watch_GivenUp_LeavesTheOthersAlone(CancellationToken cancellationToken)
    {
        using var staying = new WatchCall(_server, Service, cancellationToken);
        var leaving = new WatchCall(_server, Service, cancellationToken);
        await staying.NextAsync();
        await leaving.NextAsync();

        leaving.Dispose();
        _health.SetStatus(Service, ServingStatus.Serving);

        Assert.That(await staying.NextAsync(), Is.EqualTo(ServingStatus.Serving));
    }

    private async Task<ServingStatus> CheckAsync(string service) =>
        (await _server.Client.CheckAsync(new HealthCheckRequest { Service = service })).Status;

    private void AssertNotFound(string service) => Assert.That(
        async () => await CheckAsync(service),
        Throws.TypeOf<RpcException>().With.Property(nameof(RpcException.StatusCode)).EqualTo(StatusCode.NotFound));
}
