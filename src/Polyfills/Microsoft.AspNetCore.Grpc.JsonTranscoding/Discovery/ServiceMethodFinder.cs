using System.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>Finds the methods of a service type that serve its rpcs.</summary>
internal static class ServiceMethodFinder
{
    /// <summary>A delegate, without a target, for the method that has the name and the signature of the rpc.</summary>
    /// <param name="name">Name of the rpc.</param>
    /// <param name="boundType">
    /// The type that the bind method is for. A method that only hides one of its methods is passed over, as a call through
    /// that type passes it over.
    /// </param>
    /// <exception cref="InvalidOperationException">There is no such method.</exception>
    public static TDelegate Find<TService, TDelegate>(string name, Type boundType)
        where TDelegate : Delegate
    {
        var invoke = typeof(TDelegate).GetMethod("Invoke")!;
        // The first parameter is the instance.
        var parameters = invoke.GetParameters().Skip(1).Select(p => p.ParameterType).ToArray();
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            var method = type.GetMethod(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly, parameters);
            if (method is not null && method.ReturnType == invoke.ReturnType
                && method.GetBaseDefinition().DeclaringType!.IsAssignableFrom(boundType))
            {
                return method.CreateDelegate<TDelegate>();
            }
        }

        throw new InvalidOperationException(
            $"{typeof(TService)} has no public method '{name}' with the signature that its binding to {boundType} needs.");
    }

    /// <summary>The attributes of the service type and, behind them so that they win, those of the method.</summary>
    public static List<object> AttributesOf<TService>(MethodInfo method) =>
        [.. typeof(TService).GetCustomAttributes(inherit: true), .. method.GetCustomAttributes(inherit: true)];
}
