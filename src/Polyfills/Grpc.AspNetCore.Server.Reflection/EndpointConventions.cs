using Microsoft.AspNetCore.Builder;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Hands conventions on to several builders, so that they look like one.</summary>
internal sealed class EndpointConventions(params IEndpointConventionBuilder[] builders) : IEndpointConventionBuilder
{
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var builder in builders)
        {
            builder.Add(convention);
        }
    }

    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var builder in builders)
        {
            builder.Finally(finallyConvention);
        }
    }
}
