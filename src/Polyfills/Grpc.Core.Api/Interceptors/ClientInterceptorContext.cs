namespace Grpc.Core.Interceptors;

/// <summary>A call as the interceptors of a client see it. Immutable: pass on a new one to change it.</summary>
/// <typeparam name="TRequest">The request type.</typeparam>
/// <typeparam name="TResponse">The response type.</typeparam>
public struct ClientInterceptorContext<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>Describes a call.</summary>
    /// <param name="method">The method.</param>
    /// <param name="host">The authority to ask for, or <see langword="null"/> for the channel's own.</param>
    /// <param name="options">Headers, deadline, cancellation and the like.</param>
    public ClientInterceptorContext(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Method = method;
        Host = host;
        Options = options;
    }

    /// <summary>The method.</summary>
    public Method<TRequest, TResponse> Method { get; }

    /// <summary>The authority to ask for, or <see langword="null"/> for the channel's own.</summary>
    public string? Host { get; }

    /// <summary>Headers, deadline, cancellation and the like.</summary>
    public CallOptions Options { get; }
}
