namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors before a call invoker.</summary>
public static class CallInvokerExtensions
{
    /// <summary>Puts one interceptor before the invoker.</summary>
    /// <param name="invoker">The invoker that the interceptor continues with.</param>
    /// <param name="interceptor">The interceptor.</param>
    /// <returns>The invoker to be called.</returns>
    public static CallInvoker Intercept(this CallInvoker invoker, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptingCallInvoker(invoker, interceptor);
    }

    /// <summary>Puts interceptors before the invoker; the first one given sees a call first.</summary>
    /// <param name="invoker">The invoker that the last interceptor continues with.</param>
    /// <param name="interceptors">The interceptors.</param>
    /// <returns>The invoker to be called.</returns>
    public static CallInvoker Intercept(this CallInvoker invoker, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(interceptors);
        for (var i = interceptors.Length - 1; i >= 0; i--)
        {
            invoker = invoker.Intercept(interceptors[i]);
        }

        return invoker;
    }

    /// <summary>Changes the headers of every call.</summary>
    /// <param name="invoker">The invoker that the changed calls go to.</param>
    /// <param name="interceptor">Gets the headers of a call, empty where it has none; gives those to send.</param>
    /// <returns>The invoker to be called.</returns>
    public static CallInvoker Intercept(this CallInvoker invoker, Func<Metadata, Metadata> interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return invoker.Intercept(new MetadataInterceptor(interceptor));
    }
}
