using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Monitor.Server.Tests.Access;

/// <summary>An authority of one test, and the certificates that it signs.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(30));
    }

    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>A certificate for servers and clients.</summary>
    /// <param name="name">DNS name; null for none.</param>
    /// <param name="from">Days from now.</param>
    /// <param name="to">Days from now.</param>
    /// <param name="issuerUrl">Where it says that its authority's certificate is; null: it does not say.</param>
    /// <param name="extension">One more; null: none.</param>
    public (string Certificate, string Key) Sign(
        string? name, double from = -1, double to = 20, Uri? issuerUrl = null, X509Extension? extension = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=whoever", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        if (name is not null)
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        if (issuerUrl is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [issuerUrl.ToString()]));
        }

        if (extension is not null)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.Create(
            _certificate, DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(to), Guid.NewGuid().ToByteArray());
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>As <see cref="Sign"/>, to show it as a client.</summary>
    public X509Certificate2 SignClient(string? name, double from = -1, double to = 20)
    {
        var (certificate, key) = Sign(name, from, to);
        return X509Certificate2.CreateFromPem(certificate, key);
    }

    /// <summary>A certificate with its key, and so many above it, the last of which nobody trusts.</summary>
    public static X509Certificate2Collection Chain(int length)
    {
        var chain = new X509Certificate2Collection();
        // None may last longer than what is above it.
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        X509Certificate2? above = null;
        for (var i = 0; i <= length; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN=chain {i}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(i < length, false, 0, true));
            using var made = above is null ? null : request.Create(above, from, to, Guid.NewGuid().ToByteArray());
            above = made is null ? request.CreateSelfSigned(from, to) : made.CopyWithPrivateKey(key);
            chain.Insert(0, above);
        }

        return chain;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
