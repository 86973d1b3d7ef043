using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>
/// The program's own certificate and the authorities that it trusts, as the files have them now: new connections use what
/// is new, those that stand go on. Any thread.
/// </summary>
public sealed class TlsIdentity : IDisposable
{
    private readonly WatchedFiles<SslStreamCertificateContext> _certificate;
    private readonly WatchedFiles<CertificateAuthority>? _authority;
    private readonly TimeProvider _time;

    /// <param name="options">With a certificate.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of changes.</param>
    /// <exception cref="AccessException">A file cannot be used.</exception>
    public TlsIdentity(AccessOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _time = time;
        var certificate = options.CertificateFile!;
        var key = options.KeyFile!;
        _certificate = new WatchedFiles<SslStreamCertificateContext>(
            [certificate, key], content => Parse(certificate, content[0], key, content[1]), time, logger);
        try
        {
            _authority = options.AuthorityFile is { } file
                ? new WatchedFiles<CertificateAuthority>([file], content => CertificateAuthority.Parse(file, content[0]), time, logger)
                : null;
        }
        catch
        {
            _certificate.Dispose();
            throw;
        }

        if (Validity() is { } problem)
        {
            AccessLog.OwnCertificate(logger, certificate, problem);
        }
    }

    /// <summary>The certificate, with what leads to its authority.</summary>
    public SslStreamCertificateContext Certificate => _certificate.Value;

    /// <summary>Whether the other side's certificates are asked for.</summary>
    public bool HasAuthority => _authority is not null;

    /// <summary>What is wrong with the files or with the certificate now, for people; null where nothing is.</summary>
    public string? Problem => _certificate.Problem ?? _authority?.Problem
        ?? (Validity() is { } validity ? $"the certificate of {_certificate.Names} {validity}" : null);

    /// <summary>Whether an authority vouches for a server that has a name.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? ProblemOfServer(ShownCertificate shown, string name)
    {
        ArgumentNullException.ThrowIfNull(shown);
        return shown.ProblemBy(_authority!.Value) is { } problem ? problem
            : shown.Names is var names && names.Contains(name, StringComparer.OrdinalIgnoreCase) ? null
            : $"its certificate is of {Shown(names)} and not of '{name}'";
    }

    /// <summary>How a client of this program looks at a server's certificate, before <see cref="ProblemOfServer"/> is asked: by the
    /// authorities of now alone, and without fetching anything that it names.</summary>
    public X509ChainPolicy PolicyOfServers() => _authority!.Value.PolicyOfServers();

    /// <summary>What a server shows now.</summary>
    /// <param name="certificate">Its own, which is copied.</param>
    /// <param name="chain">With what it sent beside it.</param>
    public ShownCertificate RememberServer(X509Certificate certificate, X509Chain? chain)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new(
            X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()), chain, CertificateAuthority.ServerPurpose, _time.GetUtcNow());
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _certificate.Dispose();
        _authority?.Dispose();
    }

    /// <summary>Whether an authority vouches for a client.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal string? ProblemOfClient(ShownCertificate shown) =>
        _authority is null ? "clients' certificates are not accepted" : shown.ProblemBy(_authority.Value);

    /// <summary>The authorities of now; null where clients' certificates are not asked for.</summary>
    internal CertificateAuthority? Authority => _authority?.Value;

    /// <summary>What a client shows now.</summary>
    internal ShownCertificate RememberClient(X509Certificate2 certificate, X509Chain? chain) =>
        new(certificate, chain, CertificateAuthority.ClientPurpose, _time.GetUtcNow());

    /// <summary>How this server looks at a client's certificate, as of now.</summary>
    internal X509ChainPolicy PolicyOfClients(CertificateAuthority authority) => authority.PolicyOfClients(_time.GetUtcNow());

    /// <summary>Looks for changes now.</summary>
    internal void Look()
    {
        _certificate.Look();
        _authority?.Look();
    }

    internal static string Shown(IReadOnlyList<string> names) =>
        names.Count == 0 ? "no name" : $"'{string.Join("', '", names.Take(4).Select(name => Protocol.MessageText.Shorten(name, 64)))}'";

    private string? Validity()
    {
        var own = Certificate.TargetCertificate;
        var now = _time.GetUtcNow();
        return own.NotAfter.ToUniversalTime() < now ? $"expired at {own.NotAfter.ToUniversalTime():u}"
            : own.NotBefore.ToUniversalTime() > now ? $"is not valid before {own.NotBefore.ToUniversalTime():u}"
            : null;
    }

    private static SslStreamCertificateContext Parse(string certificateFile, byte[] certificate, string keyFile, byte[] key)
    {
        var pem = Encoding.UTF8.GetString(certificate);
        CertificateAuthority.RefuseCut(certificateFile, pem);
        try
        {
            // The first certificate is the program's own.
            var own = X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(key));
            var between = new X509Certificate2Collection();
            between.ImportFromPem(pem);
            between.RemoveAt(0);
            var context = SslStreamCertificateContext.Create(own, between, offline: true);
            TrialHandshake.Run(context);
            return context;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Besides CryptographicException it is what the platform makes of bytes that it has no use for, such as
            // PlatformNotSupportedException of a curve. None of it may end the program, which looks again in a while.
            throw new AccessException(
                $"{certificateFile} and {keyFile} cannot be used: {failure.Message.TrimEnd('.')}. They must be a certificate and its "
                + "private key, in PEM and not encrypted.",
                failure);
        }
    }
}
