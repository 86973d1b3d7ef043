using System.Security.Cryptography.X509Certificates;

namespace Monitor.Server;

/// <summary>
/// The certificate that the other side showed when a connection was made. It is judged again when the authorities change: who was
/// taken out vouches for nobody any more, on connections that stand neither. Any thread.
/// </summary>
public sealed class ShownCertificate
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _sent;
    private readonly string _purpose;
    private readonly DateTimeOffset _at;
    private volatile Verdict? _last;

    /// <param name="certificate">What it showed.</param>
    /// <param name="chain">What it sent beside it is in the extra store of its policy, which may lead to an authority.</param>
    /// <param name="purpose">For a client or for a server, of <see cref="CertificateAuthority"/>.</param>
    /// <param name="at">When. A certificate that expires later does not end what it began.</param>
    internal ShownCertificate(X509Certificate2 certificate, X509Chain? chain, string purpose, DateTimeOffset at)
    {
        _certificate = certificate;
        _sent = [];
        if (chain is not null)
        {
            // Copies: the handshake disposes of its own.
            foreach (var own in chain.ChainPolicy.ExtraStore)
            {
                _sent.Add(X509CertificateLoader.LoadCertificate(own.RawData));
            }
        }

        _purpose = purpose;
        _at = at;
    }

    /// <summary>The names that count.</summary>
    internal IReadOnlyList<string> Names => CertificateAuthority.NamesOf(_certificate);

    /// <summary>Says what is wrong with it.</summary>
    /// <param name="authority">The authorities of now.</param>
    /// <returns>Null: nothing, an authority vouches for it.</returns>
    internal string? ProblemBy(CertificateAuthority authority)
    {
        // To judge takes a millisecond, and a connection may carry thousands of requests a second.
        if (_last is not { } last || last.By != authority)
        {
            _last = last = new Verdict(authority, authority.Problem(_certificate, _sent, _purpose, _at));
        }

        return last.Problem;
    }

    /// <summary>Notes what the handshake has found already: to judge a long chain takes a tenth of a second.</summary>
    internal void NoteProblem(CertificateAuthority authority, string? problem) => _last = new Verdict(authority, problem);

    private sealed record Verdict(CertificateAuthority By, string? Problem);
}
