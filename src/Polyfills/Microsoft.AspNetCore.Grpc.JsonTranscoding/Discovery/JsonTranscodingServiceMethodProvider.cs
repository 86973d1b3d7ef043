using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Discovery;

/// <summary>Adds a route for each http rule of a service, beside the routes that gRPC has for its methods.</summary>
internal sealed class JsonTranscodingServiceMethodProvider<TService>(
    ILoggerFactory loggers,
    IOptions<GrpcServiceOptions> globalOptions,
    IOptions<GrpcServiceOptions<TService>> serviceOptions,
    IGrpcServiceActivator<TService> activator,
    TranscodingServices services) : IServiceMethodProvider<TService>
    where TService : class
{
    /// <inheritdoc/>
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        var logger = loggers.CreateLogger<JsonTranscodingServiceMethodProvider<TService>>();
        if (BindMethodFinder.FindBindMethod(typeof(TService)) is not { } bind)
        {
            DiscoveryLog.BindMethodNotFound(logger, typeof(TService));
            return;
        }

        if (BindMethodFinder.FindDescriptor(typeof(TService)) is not { } descriptor)
        {
            DiscoveryLog.DescriptorNotFound(logger, typeof(TService));
            return;
        }

        var options = Calls.TranscodingCallOptions.Merge(globalOptions.Value, serviceOptions.Value);
        var routes = new RouteFactory<TService>(
            bind.GetParameters()[1].ParameterType, services, options, activator, loggers.CreateLogger(Calls.CallLog.Category));
        var binder = new TranscodingServiceBinder<TService>(context, descriptor, services, routes, logger);
        try
        {
            bind.Invoke(null, [binder, null]);
        }
        catch (Exception ex)
        {
            throw new InvalidOperationException(
                $"The http rules of gRPC service '{typeof(TService).Name}' cannot be served: {(ex.InnerException ?? ex).Message}", ex);
        }
    }
}
