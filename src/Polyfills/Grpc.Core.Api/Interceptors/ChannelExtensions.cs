namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors before a channel.</summary>
public static class ChannelExtensions
{
    /// <summary>Puts one interceptor before the channel.</summary>
    /// <param name="channel">The channel that the interceptor continues with.</param>
    /// <param name="interceptor">The interceptor.</param>
    /// <returns>The invoker to make clients on.</returns>
    public static CallInvoker Intercept(this ChannelBase channel, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker().Intercept(interceptor);
    }

    /// <summary>Puts interceptors before the channel; the first one given sees a call first.</summary>
    /// <param name="channel">The channel that the last interceptor continues with.</param>
    /// <param name="interceptors">The interceptors.</param>
    /// <returns>The invoker to make clients on.</returns>
    public static CallInvoker Intercept(this ChannelBase channel, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker().Intercept(interceptors);
    }

    /// <summary>Changes the headers of every call.</summary>
    /// <param name="channel">The channel that the changed calls go to.</param>
    /// <param name="interceptor">Gets the headers of a call, empty where it has none; gives those to send.</param>
    /// <returns>The invoker to make clients on.</returns>
    public static CallInvoker Intercept(this ChannelBase channel, Func<Metadata, Metadata> interceptor)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker().Intercept(interceptor);
    }
}
