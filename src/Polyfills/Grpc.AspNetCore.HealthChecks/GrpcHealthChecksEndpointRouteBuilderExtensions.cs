using Grpc.AspNetCore.HealthChecks;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC health checking.</summary>
public static class GrpcHealthChecksEndpointRouteBuilderExtensions
{
    /// <summary>Maps <c>grpc.health.v1.Health</c>, which tells the health of the application.</summary>
    /// <param name="builder">Where to map.</param>
    /// <returns>A builder for conventions of its endpoints.</returns>
    /// <exception cref="InvalidOperationException"><c>AddGrpcHealthChecks</c> was not called.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcHealthChecksService(this IEndpointRouteBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ServiceProvider.GetService(typeof(HealthServiceImpl)) is null)
        {
            throw new InvalidOperationException(
                "The services that gRPC health checking needs are not registered. " +
                "Call 'IServiceCollection.AddGrpcHealthChecks' where the application registers its services.");
        }

        return builder.MapGrpcService<GrpcHealthChecksService>();
    }
}
