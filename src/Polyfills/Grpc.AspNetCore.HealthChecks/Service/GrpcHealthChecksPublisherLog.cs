using Microsoft.Extensions.Logging;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

internal static partial class GrpcHealthChecksPublisherLog
{
    [LoggerMessage(
        1, LogLevel.Trace, "Service '{Service}' is {Status} by the published health report.",
        EventName = "StatusPublished")]
    internal static partial void StatusPublished(ILogger logger, string service, ServingStatus status);
}
