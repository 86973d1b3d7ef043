namespace Grpc.Core;

/// <summary>Credentials that go with a call, such as a token in a header. Immutable and thread-safe.</summary>
public abstract class CallCredentials
{
    /// <summary>Several credentials as one; they are added in order.</summary>
    /// <param name="credentials">Two or more credentials.</param>
    /// <returns>The credentials.</returns>
    /// <exception cref="ArgumentException">Fewer than two credentials are given.</exception>
    public static CallCredentials Compose(params CallCredentials[] credentials) =>
        new CompositeCallCredentials(credentials);

    /// <summary>Credentials that a function adds to each call.</summary>
    /// <param name="interceptor">The function.</param>
    /// <returns>The credentials.</returns>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) =>
        new InterceptorCallCredentials(interceptor);

    /// <summary>Tells a transport which kind of credentials these are. For transports only.</summary>
    /// <param name="configurator">Its method for this kind is called.</param>
    /// <param name="state">What that method gets.</param>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);
}
