using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monitor.Server;

/// <summary>What <c>/health</c> says, as a .NET health check: grpc.health.v1 is fed by these.</summary>
internal sealed class ServerHealthCheck(HealthReader health) : IHealthCheck
{
    public const string Name = "server";

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var response = await health.ReadAsync(cancellationToken);
        return new HealthCheckResult(response.Status switch
        {
            HealthReader.Healthy => HealthStatus.Healthy,
            HealthReader.Degraded => HealthStatus.Degraded,
            _ => HealthStatus.Unhealthy,
        });
    }
}
