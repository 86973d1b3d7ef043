using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>Finds how a service type is bound, as Grpc.AspNetCore.Server does.</summary>
internal static class BindMethodFinder
{
    /// <summary>
    /// The static BindService(ServiceBinderBase, T) that the attribute of the service type names or, where it has none,
    /// that of its nearest base type T. Null where no type has one.
    /// </summary>
    public static MethodInfo? FindBindMethod(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                return attribute.BindType.GetMethod(
                    attribute.BindMethodName,
                    BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static,
                    [typeof(ServiceBinderBase), type]);
            }
        }

        return null;
    }

    /// <summary>
    /// The descriptor of the service: the static property Descriptor of the type that binds it or, where that has none,
    /// of the type that binds the nearest base type. Null where none has it.
    /// </summary>
    public static ServiceDescriptor? FindDescriptor(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute
                && attribute.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static) is { } property
                && property.PropertyType == typeof(ServiceDescriptor))
            {
                return (ServiceDescriptor?)property.GetValue(null);
            }
        }

        return null;
    }
}
