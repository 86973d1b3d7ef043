using Grpc.AspNetCore.Server.Reflection;
using Grpc.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers gRPC server reflection.</summary>
public static class GrpcReflectionServiceExtensions
{
    /// <summary>
    /// Registers what <c>MapGrpcReflectionService</c> maps. It describes the services that are mapped when the first
    /// client asks.
    /// </summary>
    /// <param name="services">Where to register.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<MappedServices>();
        services.TryAddSingleton(provider =>
            new ReflectionServiceImpl(provider.GetRequiredService<MappedServices>().FindDescriptors()));
        services.TryAddSingleton(provider =>
            new ReflectionV1ServiceImpl(provider.GetRequiredService<MappedServices>().FindDescriptors()));
        return services;
    }
}
