using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>
/// The gRPC services that the application has mapped, read from the metadata of its endpoints. That it is registered
/// shows that reflection is.
/// </summary>
internal sealed class MappedServices(EndpointDataSource endpoints, ILogger<MappedServices> logger)
{
    /// <summary>
    /// The descriptors of the services mapped so far. A service without one, because it was not generated from a .proto
    /// file, is left out.
    /// </summary>
    public IReadOnlyCollection<ServiceDescriptor> FindDescriptors()
    {
        var found = new Dictionary<string, ServiceDescriptor>(StringComparer.Ordinal);
        var serviceTypes = endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>()
            .Distinct();
        foreach (var serviceType in serviceTypes)
        {
            if (DescriptorOf(serviceType) is { } descriptor)
            {
                found.TryAdd(descriptor.FullName, descriptor);
            }
            else
            {
                MappedServicesLog.ServiceWithoutDescriptor(logger, serviceType);
            }
        }

        return found.Values;
    }

    // Generated: class Greeter { static ServiceDescriptor Descriptor; [BindServiceMethod(typeof(Greeter), …)] abstract
    // class GreeterBase }, and the application's service derives from GreeterBase, directly or not.
    private static ServiceDescriptor? DescriptorOf(Type serviceType) =>
        serviceType.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType
            .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)
            ?.GetValue(null) as ServiceDescriptor;
}
