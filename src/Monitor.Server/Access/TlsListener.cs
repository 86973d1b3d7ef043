using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Monitor.Server;

/// <summary>
/// TLS on a listener: 1.3, and 1.2 for clients that need it. A client may show a certificate where there is an authority, and
/// is refused with one that the authority does not vouch for.
/// </summary>
internal static class TlsListener
{
    // A handshake takes two round trips.
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    private static readonly object Shown = new();

    public static void Use(ListenOptions listen, TlsIdentity tls, Refusals refusals)
    {
        listen.Use(next => connection => EndQuietlyAsync(next, connection));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            // For each connection, so that it has the certificate of now.
            OnConnection = context => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = tls.Certificate,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateRequired = tls.HasAuthority,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                // A resumed session would keep a certificate that the authority of now does not vouch for.
                AllowTlsResume = !tls.HasAuthority,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                    IsAccepted(certificate as X509Certificate2, chain, context.Connection, tls, refusals),
            }),
        });
    }

    /// <summary>The certificate that the client showed; null where it showed none.</summary>
    public static ShownCertificate? ShownBy(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Shown, out var shown) == true ? shown as ShownCertificate : null;

    // A handshake that does not begin with a hello, or with one of a version that is off, is never asked which certificate it
    // wants, and the web server reports what follows as its own error: a client could fill the log.
    private static async Task EndQuietlyAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        try
        {
            await next(connection);
        }
        catch (NotSupportedException)
        {
            connection.Abort();
        }
    }

    private static bool IsAccepted(
        X509Certificate2? certificate, X509Chain? chain, BaseConnectionContext connection, TlsIdentity tls, Refusals refusals)
    {
        if (certificate is null)
        {
            // It may have a token.
            return true;
        }

        var sent = new X509Certificate2Collection();
        if (chain is not null)
        {
            // Copies: the handshake disposes of its own.
            foreach (var own in chain.ChainPolicy.ExtraStore)
            {
                sent.Add(X509CertificateLoader.LoadCertificate(own.RawData));
            }
        }

        var shown = tls.Remember(certificate, sent);
        if (tls.ProblemOfClient(shown) is { } problem)
        {
            refusals.CountCertificate(connection.Features.GetRequiredFeature<LimitedClient>(), $"its certificate: {problem}");
            return false;
        }

        connection.Items[Shown] = shown;
        return true;
    }
}
