using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>Is told the methods of a service by its bind method, and adds the routes of their http rules.</summary>
internal sealed class TranscodingServiceBinder<TService>(
    ServiceMethodProviderContext<TService> context,
    ServiceDescriptor descriptor,
    TranscodingServices services,
    RouteFactory<TService> routes,
    ILogger logger) : ServiceBinderBase
    where TService : class
{
    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Add(method, routes.Unary(method));

    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Add(method, routes.ServerStreaming(method));

    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => Refuse(method);

    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Refuse(method);

    private void Refuse(IMethod method)
    {
        if (descriptor.FindMethodByName(method.Name) is { } found && HttpRuleReader.Read(found) is not null)
        {
            DiscoveryLog.StreamingNotSupported(logger, method.Name, method.ServiceName);
        }
    }

    private void Add<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<RouteRule, (RequestDelegate, List<object>)> create)
        where TRequest : class
        where TResponse : class
    {
        if (descriptor.FindMethodByName(method.Name) is not { } found)
        {
            DiscoveryLog.MethodDescriptorNotFound(logger, method.Name, typeof(TService));
            return;
        }

        if (HttpRuleReader.Read(found) is not { } rule)
        {
            return;
        }

        AddRule(rule);
        foreach (var additional in rule.AdditionalBindings)
        {
            AddRule(additional);
        }

        void AddRule(HttpRule httpRule)
        {
            if (RouteRule.Create(found, httpRule, services.Schemas) is not { } route)
            {
                return;
            }

            var (handler, metadata) = create(route);
            if (HttpMethodsOf(route) is { } methods)
            {
                metadata.Add(new HttpMethodMetadata(methods));
            }

            metadata.Add(new GrpcJsonTranscodingMetadata(found, httpRule));
            context.AddMethod(method, route.Route.Pattern, metadata, handler);
            DiscoveryLog.RouteAdded(logger, method.Name, method.ServiceName, route.HttpMethod, route.Template.Text);
        }
    }

    // Whatever answers GET answers HEAD, unless a rule of the service does that itself. Null is every method.
    private string[]? HttpMethodsOf(RouteRule route) => route.HttpMethod switch
    {
        "*" => null,
        "GET" when !HasOwnHead(route.Template.Text) => ["GET", "HEAD"],
        var method => [method],
    };

    private bool HasOwnHead(string path) => descriptor.Methods
        .Select(HttpRuleReader.Read)
        .SelectMany(rule => rule is null ? [] : (IEnumerable<HttpRule>)[rule, .. rule.AdditionalBindings])
        .Any(rule => rule.Custom?.Path == path && rule.Custom.Kind == "HEAD");
}
