using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.HealthCheck.Tests;

/// <summary>A health check whose result a test sets.</summary>
internal sealed class SwitchedCheck : IHealthCheck
{
    private volatile int _status = (int)HealthStatus.Healthy;
    private volatile int _runs;

    public HealthStatus Status
    {
        get => (HealthStatus)_status;
        set => _status = (int)value;
    }

    public int Runs => _runs;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _runs);
        return Task.FromResult(new HealthCheckResult(Status));
    }
}
