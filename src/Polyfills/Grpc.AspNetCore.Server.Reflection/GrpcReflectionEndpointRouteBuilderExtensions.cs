using Grpc.AspNetCore.Server.Reflection;
using Grpc.Reflection;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC server reflection.</summary>
public static class GrpcReflectionEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps <c>grpc.reflection.v1.ServerReflection</c> and <c>grpc.reflection.v1alpha.ServerReflection</c>, by which
    /// clients find out the services that the application has mapped.
    /// </summary>
    /// <param name="builder">Where to map.</param>
    /// <returns>A builder for conventions of the endpoints of both.</returns>
    /// <exception cref="InvalidOperationException"><c>AddGrpcReflection</c> was not called.</exception>
    public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ServiceProvider.GetService(typeof(MappedServices)) is null)
        {
            throw new InvalidOperationException(
                "The services that gRPC reflection needs are not registered. " +
                "Call 'IServiceCollection.AddGrpcReflection' where the application registers its services.");
        }

        return new EndpointConventions(
            builder.MapGrpcService<ReflectionServiceImpl>(), builder.MapGrpcService<ReflectionV1ServiceImpl>());
    }
}
