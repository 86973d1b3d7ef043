using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck.Tests;

/// <summary>The service fed by .NET health checks.</summary>
[CancelAfter(30_000)]
public sealed class GrpcHealthChecksTests
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private readonly SwitchedCheck _rings = new();
    private readonly SwitchedCheck _log = new();
    private HealthServer? _server;

    [SetUp]
    public void Heal() => _rings.Status = _log.Status = HealthStatus.Healthy;

    [TearDown]
    public async Task StopAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [TestCase(HealthStatus.Healthy, ServingStatus.Serving)]
    [TestCase(HealthStatus.Degraded, ServingStatus.Serving)]
    [TestCase(HealthStatus.Unhealthy, ServingStatus.NotServing)]
    public async Task Check_OfTheServer_TellsTheWorstResult(HealthStatus worst, ServingStatus expected)
    {
        await StartAsync(Never);
        _log.Status = worst;

        Assert.That(await CheckAsync(""), Is.EqualTo(expected));
    }

    [Test]
    public async Task Check_OfAMappedService_TellsItsOwnChecksAlone()
    {
        await StartAsync(Never, options => options.Services.Map("events", check => check.Tags.Contains("log")));
        _rings.Status = HealthStatus.Unhealthy;
        var ringsBefore = _rings.Runs;

        Assert.That(await CheckAsync("events"), Is.EqualTo(ServingStatus.Serving));
        Assert.That(_rings.Runs, Is.EqualTo(ringsBefore));
        Assert.That(await CheckAsync(""), Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Check_OfAServiceWithoutChecks_IsUnknown()
    {
        await StartAsync(Never, options => options.Services.Map("nothing", _ => false));

        Assert.That(await CheckAsync("nothing"), Is.EqualTo(ServingStatus.Unknown));
    }

    [Test]
    public async Task Check_OfAServiceThatIsNotMapped_IsNotFound()
    {
        await StartAsync(Never);

        Assert.That(
            async () => await CheckAsync("events"),
            Throws.TypeOf<RpcException>().With.Property(nameof(RpcException.StatusCode)).EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Check_WithCache_TellsWhatWasPublished(CancellationToken cancellationToken)
    {
        await StartAsync(Often, options => options.UseHealthChecksCache = true);
        using var watch = new WatchCall(_server!, "", cancellationToken);
        await watch.ReadUntilAsync(ServingStatus.Serving);

        _log.Status = HealthStatus.Unhealthy;
        await watch.ReadUntilAsync(ServingStatus.NotServing);

        Assert.That(await CheckAsync(""), Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Watch_OfTheServer_TellsTheResultAtOnce(CancellationToken cancellationToken)
    {
        await StartAsync(Never);
        _rings.Status = HealthStatus.Unhealthy;
        using var watch = new WatchCall(_server!, "", cancellationToken);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Watch_WhenResultsChange_TellsIt(CancellationToken cancellationToken)
    {
        await StartAsync(Often);
        using var watch = new WatchCall(_server!, "", cancellationToken);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.Serving));
        _rings.Status = HealthStatus.Unhealthy;
        Assert.That(await watch.ReadUntilAsync(ServingStatus.NotServing), Is.All.EqualTo(ServingStatus.Serving));
        _rings.Status = HealthStatus.Degraded;
        Assert.That(await watch.ReadUntilAsync(ServingStatus.Serving), Is.All.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Watch_OfAServiceThatIsNotMapped_IsUnknown(CancellationToken cancellationToken)
    {
        await StartAsync(Never);
        using var watch = new WatchCall(_server!, "events", cancellationToken);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.ServiceUnknown));
    }

    [TestCase("", TestName = "Stop_WithAWatchOfTheServer_EndsIt")]
    [TestCase("not mapped", TestName = "Stop_WithAWatchOfAnUnknownService_EndsIt")]
    public async Task Stop_WithAWatch_EndsIt(string service)
    {
        var cancellationToken = TestContext.CurrentContext.CancellationToken;
        await StartAsync(Never);
        using var watch = new WatchCall(_server!, service, cancellationToken);
        await watch.NextAsync();

        var stopping = _server!.StopAsync(cancellationToken);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.NotServing));
        Assert.That(await watch.NextAsync(), Is.Null);
        Assert.That(watch.Status.StatusCode, Is.EqualTo(StatusCode.OK));
        await stopping;
    }

    [Test]
    public async Task Stop_WithCompletionSuppressed_LeavesTheWatch(CancellationToken cancellationToken)
    {
        await StartAsync(Never, options => options.SuppressCompletionOnShutdown = true);
        using var watch = new WatchCall(_server!, "", cancellationToken);
        await watch.NextAsync();

        var stopping = _server!.StopAsync(cancellationToken);
        var health = _server.Services.GetRequiredService<HealthServiceImpl>();
        health.SetStatus("", ServingStatus.Unknown);

        Assert.That(await watch.NextAsync(), Is.EqualTo(ServingStatus.Unknown));
        watch.Dispose();
        await stopping;
    }

    [Test]
    public async Task Map_WithoutAdd_Throws()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var application = builder.Build();

        Assert.That(() => application.MapGrpcHealthChecksService(), Throws.InvalidOperationException);
    }

    private async Task StartAsync(TimeSpan period, Action<GrpcHealthChecksOptions>? configure = null) =>
        _server = await HealthServer.StartAsync(
            services =>
            {
                services.AddGrpcHealthChecks(configure ?? (_ => { }))
                    .AddCheck("rings", _rings)
                    .AddCheck("log", _log, tags: ["log"]);
                services.Configure<HealthCheckPublisherOptions>(options =>
                {
                    options.Delay = period == Never ? Never : TimeSpan.Zero;
                    options.Period = period;
                });
            },
            application => application.MapGrpcHealthChecksService());

    private async Task<ServingStatus> CheckAsync(string service) =>
        (await _server!.Client.CheckAsync(new HealthCheckRequest { Service = service })).Status;
}
