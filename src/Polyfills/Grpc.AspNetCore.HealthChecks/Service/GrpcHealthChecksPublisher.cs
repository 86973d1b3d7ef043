using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Sets the status of every mapped service when all health checks have been run.</summary>
internal sealed class GrpcHealthChecksPublisher(
    HealthServiceImpl statuses, IOptions<GrpcHealthChecksOptions> options, ILogger<GrpcHealthChecksPublisher> logger)
    : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var service in options.Value.Services)
        {
            var status = ServingStatusOf.Results(
                report.Entries.Where(entry => service.Covers(entry.Key, entry.Value.Tags)).Select(entry => entry.Value));
            statuses.SetStatus(service.Name, status);
            GrpcHealthChecksPublisherLog.StatusPublished(logger, service.Name, status);
        }

        return Task.CompletedTask;
    }
}
