namespace Grpc.Core;

/// <summary>
/// How a transport learns of which kind <see cref="CallCredentials"/> are: a visitor. For transports only.
/// </summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>The credentials are several as one.</summary>
    /// <param name="state">What the transport passed.</param>
    /// <param name="credentials">The credentials, in order.</param>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>The credentials are a function.</summary>
    /// <param name="state">What the transport passed.</param>
    /// <param name="interceptor">The function.</param>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
