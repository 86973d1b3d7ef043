namespace Grpc.Core;

/// <summary>A certificate and its private key. Immutable.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>A pair.</summary>
    /// <param name="certificateChain">The certificate and those that lead to its root, in PEM.</param>
    /// <param name="privateKey">The private key, in PEM.</param>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(privateKey);
        CertificateChain = certificateChain;
        PrivateKey = privateKey;
    }

    /// <summary>The certificate and those that lead to its root, in PEM.</summary>
    public string CertificateChain { get; }

    /// <summary>The private key, in PEM.</summary>
    public string PrivateKey { get; }
}
