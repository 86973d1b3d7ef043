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

    private static readonly object Place = new();

    public static void Use(ListenOptions listen, TlsIdentity tls, Refusals refusals)
    {
        listen.Use(next => connection => EndQuietlyAsync(next, connection));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            // For each connection, so that it has the certificate of now.
            OnConnection = async context =>
            {
                var authority = await AsksAsync(context, tls, refusals) ? tls.Authority : null;
                return new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = tls.Certificate,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ClientCertificateRequired = authority is not null,
                    // Without one, what a client shows would be judged by the machine's authorities, and what it says where its
                    // authority is to be found would be fetched from there.
                    CertificateChainPolicy = authority is null ? null : tls.PolicyOfClients(authority),
                    // A resumed session would keep a certificate that the authority of now does not vouch for.
                    AllowTlsResume = !tls.HasAuthority,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) => certificate is null
                        // It may have a token.
                        || authority is not null
                            && IsAccepted((X509Certificate2)certificate, chain, errors, context.Connection, tls, authority, refusals),
                };
            },
        });
        listen.Use(next => connection =>
        {
            LeavePlace(connection);
            return next(connection);
        });
    }

    /// <summary>The certificate that the client showed; null where it showed none.</summary>
    public static ShownCertificate? ShownBy(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Shown, out var shown) == true ? shown as ShownCertificate : null;

    // A certificate is judged before there is anything else to know its client by, and a chain of a hundred takes a fifth of a second.
    // Whoever sends such chains is not asked for a certificate for a while; it may have a token.
    private static async ValueTask<bool> AsksAsync(TlsHandshakeCallbackContext context, TlsIdentity tls, Refusals refusals)
    {
        if (!tls.HasAuthority)
        {
            return false;
        }

        var client = context.Connection.Features.GetRequiredFeature<LimitedClient>();
        if (await client.TryBeginHandshakeAsync(context.CancellationToken))
        {
            context.Connection.Items[Place] = client;
            if (!client.BadCertificates.IsEmpty)
            {
                return true;
            }
        }

        refusals.CountThrottled();
        return false;
    }

    private static void LeavePlace(ConnectionContext connection)
    {
        if (connection.Items.Remove(Place, out var client))
        {
            ((LimitedClient)client!).EndHandshake();
        }
    }

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
        finally
        {
            LeavePlace(connection);
        }
    }

    private static bool IsAccepted(
        X509Certificate2 certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        BaseConnectionContext connection,
        TlsIdentity tls,
        CertificateAuthority authority,
        Refusals refusals)
    {
        var shown = tls.RememberClient(certificate, chain);
        shown.NoteProblem(
            authority, errors == SslPolicyErrors.None ? null : chain is null ? errors.ToString() : CertificateAuthority.ProblemOf(chain));
        if (tls.ProblemOfClient(shown) is { } problem)
        {
            var client = connection.Features.GetRequiredFeature<LimitedClient>();
            client.BadCertificates.Take(1 + (chain?.ChainPolicy.ExtraStore.Count ?? 0));
            refusals.CountCertificate(client, $"its certificate: {problem}");
            return false;
        }

        connection.Items[Shown] = shown;
        return true;
    }
}
