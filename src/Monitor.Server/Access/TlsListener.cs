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

    // An authority has some between itself and whom it signs. What is sent is kept.
    private const int MaxSent = 10;

    // Of one certificate, or a little more.
    private const int BytesOfOne = 1 << 10;

    private static readonly object Shown = new();

    private static readonly object Place = new();

    public static void Use(ListenOptions listen, TlsIdentity tls, Refusals refusals)
    {
        listen.Use(next => connection => EndQuietlyAsync(next, connection, refusals));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            // For each connection, so that it has the certificate of now.
            OnConnection = context =>
            {
                var authority = Asks(context, tls, refusals) ? tls.Authority : null;
                return ValueTask.FromResult(new SslServerAuthenticationOptions
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
                });
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
    private static bool Asks(TlsHandshakeCallbackContext context, TlsIdentity tls, Refusals refusals)
    {
        if (!tls.HasAuthority)
        {
            return false;
        }

        var client = context.Connection.Features.GetRequiredFeature<LimitedClient>();
        if (client.BadCertificates.IsEmpty)
        {
            refusals.CountThrottled();
            return false;
        }

        context.Connection.Items[Place] = client;
        client.BeginHandshake(context.Connection);
        return true;
    }

    private static bool LeavePlace(ConnectionContext connection)
    {
        if (!connection.Items.Remove(Place, out var client))
        {
            return false;
        }

        ((LimitedClient)client!).EndHandshake(connection);
        return true;
    }

    // A handshake that does not begin with a hello, or with one of a version that is off, is never asked which certificate it
    // wants, and the web server reports what follows as its own error: a client could fill the log.
    private static async Task EndQuietlyAsync(ConnectionDelegate next, ConnectionContext connection, Refusals refusals)
    {
        try
        {
            await next(connection);
        }
        catch (Exception failure) when (failure is not (IOException or OperationCanceledException) && LeavePlace(connection))
        {
            // What the platform makes of a certificate that it has no use for, in the handshake. It does not say how much was sent.
            var client = connection.Features.GetRequiredFeature<LimitedClient>();
            client.NoteBadCertificate(LimitedClient.WrongCertificates);
            refusals.CountCertificate(client, $"its certificate: {failure.Message}");
            connection.Abort();
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
        var sent = chain?.ChainPolicy.ExtraStore ?? [];
        var problem = sent.Count > MaxSent ? $"it came with {sent.Count} others"
            : errors == SslPolicyErrors.None ? null
            : chain is null ? errors.ToString()
            : CertificateAuthority.ProblemOf(chain);
        if (problem is null)
        {
            var shown = tls.RememberClient(certificate, chain);
            shown.NoteProblem(authority, null);
            problem = tls.ProblemOfClient(shown);
            connection.Items[Shown] = shown;
        }

        if (problem is not null)
        {
            // What it costs to judge goes with what was sent.
            var client = connection.Features.GetRequiredFeature<LimitedClient>();
            client.NoteBadCertificate(1 + sent.Count + (sent.Append(certificate).Sum(one => one.RawData.Length) / BytesOfOne));
            refusals.CountCertificate(client, $"its certificate: {problem}");
        }

        return problem is null;
    }
}
