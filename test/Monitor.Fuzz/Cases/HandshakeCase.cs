using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>Connections with TLS whose beginning may be anything: hellos that are damaged, cut short or followed by garbage, and
/// clients' certificates that no authority vouches for. Nobody is served who is not a reader.</summary>
internal sealed class HandshakeCase : FuzzCase
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(30);

    public override string Name => "handshakes";

    public override int ShortInputs => 1000;

    public override int Workers => 4;

    public override Task TryAsync(Random random, FuzzContext context) =>
        random.Next(5) == 0 ? ShowAsync(random, context) : BeginAsync(Beginning(random), context);

    private static byte[] Beginning(Random random)
    {
        var hello = ClientHello.Make(random, is13: random.Next(3) > 0);
        var garbage = new byte[random.Next(1, 3000)];
        random.NextBytes(garbage);
        return random.Next(8) switch
        {
            0 => garbage,
            1 => hello[..random.Next(hello.Length)],
            2 => [.. hello, .. garbage],
            3 => [.. hello, .. ClientHello.Record((byte)random.Next(20, 25), garbage)],
            4 => ClientHello.Record(22, garbage),
            5 => [.. hello, .. hello],
            _ => Damage.Of(hello, random),
        };
    }

    private static async Task BeginAsync(byte[] sent, FuzzContext context)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(context.Server.Https);
        using var patience = new CancellationTokenSource(Patience);
        using var received = new MemoryStream();
        var end = "left by the client";
        try
        {
            var stream = client.GetStream();
            await stream.WriteAsync(sent, patience.Token);
            await stream.CopyToAsync(received, patience.Token);
            end = "closed by the server";
        }
        catch (IOException)
        {
            end = "reset by the server";
        }
        catch (OperationCanceledException)
        {
            // Half a handshake: the server waits for the rest.
        }

        // Alerts, 21, and handshake messages, 20 and 22 with 23 behind; never HTTP in clear text.
        if (received.Length > 0 && received.GetBuffer()[0] is not (21 or 22))
        {
            throw new FuzzException("not an answer of TLS", Convert.ToHexString(sent), Convert.ToHexString(received.ToArray()));
        }

        context.Count(end);
    }

    private static async Task ShowAsync(Random random, FuzzContext context)
    {
        var files = context.Server.Files;
        using var right = files.Signer.SignClient(TlsFiles.ReaderName);
        var isRight = random.Next(4) == 0;
        using var shown = isRight ? Copy(right) : random.Next(3) == 0 ? files.WrongClient(random) : Damaged(right, random) ?? files.WrongClient(random);
        var isSame = shown.RawData.AsSpan().SequenceEqual(right.RawData);
        var answer = await TlsClient.GetAsync(context.Server.Https, "/api/events?limit=1", certificate: shown);
        if (answer.Status == 200 != isSame || answer.Status is not (0 or 200 or 401))
        {
            throw new FuzzException($"status {answer.Status} for a certificate that is {(isSame ? "right" : "wrong")}", shown.ExportCertificatePem(), answer.Body);
        }

        context.Count($"certificate: {answer.Status}");
    }

    // With its key, of which OpenSSL asks only that it fits.
    private static X509Certificate2? Damaged(X509Certificate2 right, Random random)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(Damage.Of(right.RawData, random, most: 3));
            using var key = right.GetECDsaPrivateKey()!;
            return certificate.CopyWithPrivateKey(key);
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static X509Certificate2 Copy(X509Certificate2 right)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(right.RawData);
        using var key = right.GetECDsaPrivateKey()!;
        return certificate.CopyWithPrivateKey(key);
    }
}
