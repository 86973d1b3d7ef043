using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>Makes what serves a route: the delegate, and the metadata that the service's attributes are.</summary>
internal sealed class RouteFactory<TService>(
    Type boundType,
    TranscodingServices services,
    TranscodingCallOptions options,
    IGrpcServiceActivator<TService> activator,
    ILogger logger)
    where TService : class
{
    private readonly BodyReader _bodies = new(services.Schemas, options.MaxReceiveMessageSize);
    private readonly ErrorWriter _errors = new(services.Schemas, options.EnableDetailedErrors, logger);

    public Func<RouteRule, (RequestDelegate Handler, List<object> Metadata)> Unary<TRequest, TResponse>(
        Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class => rule =>
    {
        var implementation = ServiceMethodFinder.Find<TService, UnaryServerMethod<TService, TRequest, TResponse>>(method.Name, boundType);
        var service = InterceptorPipeline.Wrap(options.Interceptors, async (TRequest request, ServerCallContext context) =>
        {
            var handle = activator.Create(context.GetHttpContext().RequestServices);
            try
            {
                return await implementation.Invoke(handle.Instance, request, context);
            }
            finally
            {
                await activator.ReleaseAsync(handle);
            }
        });
        var writer = new ResponseWriter<TResponse>(
            rule, method.ResponseMarshaller, services.Workspaces, services.Options.JsonSettings.WriteIndented);
        var handler = new UnaryCallHandler<TRequest, TResponse>(rule, method, _bodies, _errors, writer, service);
        return (handler.HandleAsync, ServiceMethodFinder.AttributesOf<TService>(implementation.Method));
    };

    public Func<RouteRule, (RequestDelegate Handler, List<object> Metadata)> ServerStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class => rule =>
    {
        var implementation =
            ServiceMethodFinder.Find<TService, ServerStreamingServerMethod<TService, TRequest, TResponse>>(method.Name, boundType);
        var service = InterceptorPipeline.Wrap(
            options.Interceptors,
            async (TRequest request, IServerStreamWriter<TResponse> stream, ServerCallContext context) =>
            {
                var handle = activator.Create(context.GetHttpContext().RequestServices);
                try
                {
                    await implementation.Invoke(handle.Instance, request, stream, context);
                }
                finally
                {
                    await activator.ReleaseAsync(handle);
                }
            });
        // A line is a message: indentation would break that.
        var writer = new ResponseWriter<TResponse>(rule, method.ResponseMarshaller, services.Workspaces, indented: false);
        var handler = new ServerStreamingCallHandler<TRequest, TResponse>(rule, method, _bodies, _errors, writer, service);
        return (handler.HandleAsync, ServiceMethodFinder.AttributesOf<TService>(implementation.Method));
    };
}
