using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Monitor.Fuzz.Running;

/// <summary>One request over one connection with TLS. The client takes whatever certificate it is shown.</summary>
internal static class TlsClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Asks, and reads to the end.</summary>
    /// <param name="server">Where it asks.</param>
    /// <param name="path">What for.</param>
    /// <param name="token">Sent with it; null: none.</param>
    /// <param name="certificate">Shown to the server; null: none.</param>
    /// <returns>Status, body, and the serial number of the server's certificate. The status is 0 where the server refused the
    /// connection.</returns>
    public static async Task<(int Status, string Body, string Serial)> GetAsync(
        IPEndPoint server, string path, string? token = null, X509Certificate2? certificate = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server, patience.Token);
#pragma warning disable CA5359 // It is about what the server does.
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "monitor.test",
                    ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                },
                patience.Token);
            var request = $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}\r\n";
            await tls.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
            using var reader = new StreamReader(tls, Encoding.Latin1);
            var answer = await reader.ReadToEndAsync(patience.Token);
            return answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
                ? (int.Parse(answer.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), answer, tls.RemoteCertificate!.GetSerialNumberString())
                : (0, answer, "");
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            return (0, refused.Message, "");
        }
    }
}
