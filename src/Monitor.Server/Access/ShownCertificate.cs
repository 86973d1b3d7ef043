using System.Security.Cryptography.X509Certificates;

namespace Monitor.Server;

/// <summary>
/// The certificate that a client showed when its connection was made. It is judged again when the authorities change: who was
/// taken out vouches for nobody any more, on connections that stand neither. Any thread.
/// </summary>
/// <param name="certificate">What the client showed.</param>
/// <param name="sent">What it sent beside it, which may lead to an authority.</param>
/// <param name="at">When. A certificate that expires later does not end what it began.</param>
internal sealed class ShownCertificate(X509Certificate2 certificate, X509Certificate2Collection sent, DateTimeOffset at)
{
    private volatile Verdict? _last;

    /// <summary>Says what is wrong with it.</summary>
    /// <param name="authority">The authorities of now.</param>
    /// <returns>Null: nothing, an authority vouches for it.</returns>
    public string? ProblemBy(CertificateAuthority authority)
    {
        // To judge takes a millisecond, and a connection may carry thousands of requests a second.
        if (_last is not { } last || last.By != authority)
        {
            _last = last = new Verdict(authority, authority.Problem(certificate, sent, CertificateAuthority.ClientPurpose, at));
        }

        return last.Problem;
    }

    private sealed record Verdict(CertificateAuthority By, string? Problem);
}
