using Grpc.AspNetCore.HealthChecks;
using Grpc.HealthCheck;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers gRPC health checking.</summary>
public static class GrpcHealthChecksServiceExtensions
{
    /// <summary>
    /// Registers what <c>MapGrpcHealthChecksService</c> maps, with <see cref="HealthServiceImpl"/> as a singleton, and
    /// .NET health checks.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <returns>A builder to which health checks are added.</returns>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        services.TryAddSingleton<HealthServiceImpl>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, GrpcHealthChecksPublisher>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConfigureOptions<GrpcHealthChecksOptions>, WholeServerMapping>());
        return services.AddHealthChecks();
    }

    /// <summary>
    /// Registers what <c>MapGrpcHealthChecksService</c> maps, with <see cref="HealthServiceImpl"/> as a singleton, and
    /// .NET health checks.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <param name="configure">Sets options; the default mapping of the empty name is there already.</param>
    /// <returns>A builder to which health checks are added.</returns>
    public static IHealthChecksBuilder AddGrpcHealthChecks(
        this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = services.AddGrpcHealthChecks();
        services.Configure(configure);
        return builder;
    }
}
