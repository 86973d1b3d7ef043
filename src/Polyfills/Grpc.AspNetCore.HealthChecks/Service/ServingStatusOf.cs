using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Turns results of health checks into a status.</summary>
internal static class ServingStatusOf
{
    /// <summary>
    /// NOT_SERVING if one is unhealthy, else SERVING: degraded is slow, not out of order. UNKNOWN if there are none.
    /// </summary>
    public static ServingStatus Results(IEnumerable<HealthReportEntry> results)
    {
        var status = ServingStatus.Unknown;
        foreach (var result in results)
        {
            if (result.Status == HealthStatus.Unhealthy)
            {
                return ServingStatus.NotServing;
            }

            status = ServingStatus.Serving;
        }

        return status;
    }
}
