namespace Grpc.AspNetCore.HealthChecks;

/// <summary>What <c>grpc.health.v1.Health</c> tells.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>
    /// The services and the health checks that count for each. By default there is one, the empty name for the server as
    /// a whole, for which all health checks count.
    /// </summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>
    /// Whether <c>Check</c> and <c>Watch</c> tell what was last published instead of running health checks. Default:
    /// <see langword="false"/>. How often health checks are run and published is set by
    /// <see cref="Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckPublisherOptions"/>; before the first time
    /// every service is unknown.
    /// </summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>
    /// Whether <c>Watch</c> calls go on when the application begins to stop. Default: <see langword="false"/>, they end
    /// with NOT_SERVING. Calls that go on hold up the stop until the host's shutdown timeout breaks them off.
    /// </summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}
