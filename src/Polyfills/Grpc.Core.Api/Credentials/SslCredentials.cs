namespace Grpc.Core;

/// <summary>TLS. Immutable.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    /// <summary>TLS with the machine's trusted roots and no certificate of the client.</summary>
    public SslCredentials()
        : this(null, null, null)
    {
    }

    /// <summary>TLS with other roots.</summary>
    /// <param name="rootCertificates">Trusted roots in PEM; <see langword="null"/> for the machine's.</param>
    public SslCredentials(string? rootCertificates)
        : this(rootCertificates, null, null)
    {
    }

    /// <summary>TLS with a certificate of the client.</summary>
    /// <param name="rootCertificates">Trusted roots in PEM; <see langword="null"/> for the machine's.</param>
    /// <param name="keyCertificatePair">The certificate of the client; <see langword="null"/> for none.</param>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, null)
    {
    }

    /// <summary>TLS with a further check of the server.</summary>
    /// <param name="rootCertificates">Trusted roots in PEM; <see langword="null"/> for the machine's.</param>
    /// <param name="keyCertificatePair">The certificate of the client; <see langword="null"/> for none.</param>
    /// <param name="verifyPeerCallback">Checks the server further; <see langword="null"/> for no further check.</param>
    public SslCredentials(
        string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        RootCertificates = rootCertificates;
        KeyCertificatePair = keyCertificatePair;
        VerifyPeerCallback = verifyPeerCallback;
    }

    /// <summary>Trusted roots in PEM; <see langword="null"/> for the machine's.</summary>
    public string? RootCertificates { get; }

    /// <summary>The certificate of the client; <see langword="null"/> for none.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; }

    /// <summary>Checks the server further; <see langword="null"/> for no further check.</summary>
    public VerifyPeerCallback? VerifyPeerCallback { get; }

    /// <inheritdoc/>
    internal override bool IsComposable => true;

    /// <inheritdoc/>
    public override void InternalPopulateConfiguration(
        ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, VerifyPeerCallback);
}
