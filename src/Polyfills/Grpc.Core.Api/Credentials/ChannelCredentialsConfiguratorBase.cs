namespace Grpc.Core;

/// <summary>
/// How a transport learns of which kind <see cref="ChannelCredentials"/> are: a visitor. For transports only.
/// </summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>The channel is cleartext.</summary>
    /// <param name="state">What the transport passed.</param>
    public abstract void SetInsecureCredentials(object? state);

    /// <summary>The channel is TLS.</summary>
    /// <param name="state">What the transport passed.</param>
    /// <param name="rootCertificates">Trusted roots in PEM; <see langword="null"/> for the machine's.</param>
    /// <param name="keyCertificatePair">The certificate of the client; <see langword="null"/> for none.</param>
    /// <param name="verifyPeerCallback">Checks the server further; <see langword="null"/> for no further check.</param>
    public abstract void SetSslCredentials(
        object? state,
        string? rootCertificates,
        KeyCertificatePair? keyCertificatePair,
        VerifyPeerCallback? verifyPeerCallback);

    /// <summary>Call credentials go with every call of the channel.</summary>
    /// <param name="state">What the transport passed.</param>
    /// <param name="channelCredentials">The channel credentials.</param>
    /// <param name="callCredentials">The call credentials.</param>
    public abstract void SetCompositeCredentials(
        object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
