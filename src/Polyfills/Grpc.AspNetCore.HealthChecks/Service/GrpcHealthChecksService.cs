using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>
/// The mapped service: <see cref="HealthServiceImpl"/>, with health checks run when a client asks and with an end of
/// <c>Watch</c> when the application stops.
/// </summary>
internal sealed class GrpcHealthChecksService(
    HealthServiceImpl statuses,
    HealthCheckService healthChecks,
    IOptions<GrpcHealthChecksOptions> options,
    IOptions<HealthCheckPublisherOptions> publisherOptions,
    IHostApplicationLifetime lifetime)
    : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache)
        {
            return await statuses.Check(request, context);
        }

        var mapping = options.Value.Services.Find(request.Service)
            ?? throw new RpcException(new Status(StatusCode.NotFound, ""));
        return new HealthCheckResponse { Status = await RunAsync(mapping, context.CancellationToken) };
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        if (!options.Value.UseHealthChecksCache && options.Value.Services.Find(request.Service) is { } mapping)
        {
            // Set as if published: were only this client told, it would never hear that the published status, which does
            // not change, is another one.
            statuses.SetStatus(mapping.Name, await RunAsync(mapping, context.CancellationToken));
        }

        if (options.Value.SuppressCompletionOnShutdown)
        {
            await statuses.Watch(request, responseStream, context);
            return;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, lifetime.ApplicationStopping);
        await statuses.Watch(request, responseStream, new CancellableCallContext(context, stopping.Token));
        if (!context.CancellationToken.IsCancellationRequested)
        {
            await TellStoppingAsync(responseStream, context.CancellationToken);
        }
    }

    private static async Task TellStoppingAsync(
        IServerStreamWriter<HealthCheckResponse> responseStream, CancellationToken callCancelled)
    {
        try
        {
            await responseStream.WriteAsync(
                new HealthCheckResponse { Status = ServingStatus.NotServing }, CancellationToken.None);
        }
        catch (Exception) when (callCancelled.IsCancellationRequested)
        {
            // The client went at the same moment.
        }
    }

    // Health checks that are kept from publishing count here no more than there.
    private async Task<ServingStatus> RunAsync(ServiceMapping mapping, CancellationToken cancellationToken)
    {
        var publishes = publisherOptions.Value.Predicate;
        var report = await healthChecks.CheckHealthAsync(
            check => publishes?.Invoke(check) != false && mapping.Covers(check.Name, check.Tags), cancellationToken);
        return ServingStatusOf.Results(report.Entries.Values);
    }
}
