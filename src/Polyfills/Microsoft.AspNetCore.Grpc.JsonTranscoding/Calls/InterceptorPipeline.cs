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
            method = async (request, context) =>
            {
                await using var interceptor = Activation.Create(registration, context);
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
            method = async (request, stream, context) =>
            {
                await using var interceptor = Activation.Create(registration, context);
                await interceptor.Instance.ServerStreamingServerHandler(request, stream, context, next);
            };
        }

        return method;
    }

    /// <summary>An interceptor for the time of one call.</summary>
    private readonly struct Activation(IGrpcInterceptorActivator activator, GrpcActivatorHandle<Interceptor> handle) : IAsyncDisposable
    {
        public Interceptor Instance => handle.Instance;

        public static Activation Create(InterceptorRegistration registration, ServerCallContext context)
        {
            var services = context.GetHttpContext().RequestServices;
            var type = typeof(IGrpcInterceptorActivator<>).MakeGenericType(registration.Type);
            var activator = (IGrpcInterceptorActivator)services.GetRequiredService(type);
            return new Activation(activator, activator.Create(services, registration));
        }

        public ValueTask DisposeAsync() => activator.ReleaseAsync(handle);
    }
}
