using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Runs the interceptors of a service around its methods, the one registered first outermost.</summary>
internal static class InterceptorPipeline
{
    public static UnaryServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        IReadOnlyList<InterceptorRegistration> interceptors, UnaryServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in interceptors.Reverse())
        {
            var next = method;
            var activation = new Activation(registration);
            method = async (request, context) =>
            {
                await using var interceptor = activation.Create(context);
                return await interceptor.Instance.UnaryServerHandler(request, context, next);
            };
        }

        return method;
    }

    public static ServerStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        IReadOnlyList<InterceptorRegistration> interceptors, ServerStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in interceptors.Reverse())
        {
            var next = method;
            var activation = new Activation(registration);
            method = async (request, stream, context) =>
            {
                await using var interceptor = activation.Create(context);
                await interceptor.Instance.ServerStreamingServerHandler(request, stream, context, next);
            };
        }

        return method;
    }

    /// <summary>Makes an interceptor for each call.</summary>
    private sealed class Activation(InterceptorRegistration registration)
    {
        private readonly Type _activatorType = typeof(IGrpcInterceptorActivator<>).MakeGenericType(registration.Type);

        public ActiveInterceptor Create(ServerCallContext context)
        {
            var services = context.GetHttpContext().RequestServices;
            var activator = (IGrpcInterceptorActivator)services.GetRequiredService(_activatorType);
            return new ActiveInterceptor(activator, activator.Create(services, registration));
        }
    }

    /// <summary>An interceptor for the time of one call.</summary>
    private readonly struct ActiveInterceptor(IGrpcInterceptorActivator activator, GrpcActivatorHandle<Interceptor> handle) : IAsyncDisposable
    {
        public Interceptor Instance => handle.Instance;

        public ValueTask DisposeAsync() => activator.ReleaseAsync(handle);
    }
}
