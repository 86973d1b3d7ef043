namespace Grpc.Core;

/// <summary>How a channel is secured. Immutable and thread-safe.</summary>
public abstract class ChannelCredentials
{
    /// <summary>No security: cleartext.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS with the machine's trusted roots and no certificate of the client.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>Whether call credentials may be added to these.</summary>
    internal virtual bool IsComposable => false;

    /// <summary>Channel credentials with call credentials that go with every call of the channel.</summary>
    /// <param name="channelCredentials">The channel credentials; not such a composition.</param>
    /// <param name="callCredentials">The call credentials.</param>
    /// <returns>The credentials.</returns>
    /// <exception cref="ArgumentException">Nothing can be added to the channel credentials.</exception>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials) =>
        new CompositeChannelCredentials(channelCredentials, callCredentials);

    /// <summary>Tells a transport which kind of credentials these are. For transports only.</summary>
    /// <param name="configurator">Its method for this kind is called.</param>
    /// <param name="state">What that method gets.</param>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state);
}
