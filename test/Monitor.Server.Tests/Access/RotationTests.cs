using System.Net;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Access;

/// <summary>Files that change while the server runs.</summary>
internal sealed class RotationTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Certificate_Renewed_IsUsedByNewConnectionsAndStreamsGoOn()
    {
        await using var secured = await SecuredServer.StartAsync(recheck: Often);
        using var stream = secured.Events(SecuredServer.Token).StreamEvents(new StreamEventsRequest());
        await stream.NextAsync();
        var before = await SerialAsync(secured);

        // The certificate without its key is not used; nor is half of one.
        var (certificate, key) = secured.Authority.Sign("monitor.test");
        secured.Write("tls.pem", certificate);
        secured.Look();
        Assert.That(await SerialAsync(secured), Is.EqualTo(before));
        Assert.That(await HealthAsync(secured), Does.Contain("degraded").And.Contain("tls.pem"));
        secured.Write("tls.key", key);
        secured.Look();

        Assert.That(await SerialAsync(secured), Is.Not.EqualTo(before));
        Assert.That(await HealthAsync(secured), Does.Contain("healthy").And.Not.Contain("degraded"));
        secured.Server.Source.Append(1);
        Assert.That((await stream.ReadEventsAsync(1)).Sum(message => message.Events.Count), Is.EqualTo(1));
    }

    [Test]
    public async Task Token_Removed_IsRefusedAndItsStreamEnds()
    {
        await using var secured = await SecuredServer.StartAsync(recheck: Often);
        using var stream = secured.Events(SecuredServer.Token).StreamEvents(new StreamEventsRequest());
        using var other = secured.Events(SecuredServer.TeamToken).StreamEvents(new StreamEventsRequest());
        await stream.NextAsync();
        await other.NextAsync();

        secured.WriteReaders("another-one", SecuredServer.TeamToken, SecuredServer.StatusToken);
        secured.Look();

        Assert.That((await stream.EndAsync()).StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        using var response = await secured.Http(SecuredServer.Token).GetAsync(new Uri("/api/events", UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        await other.NextAsync();
    }

    [Test]
    public async Task Authority_Replaced_EndsTheStreamsOfTheOldOne()
    {
        await using var secured = await SecuredServer.StartAsync(recheck: Often);
        using var certificate = secured.Authority.SignClient("monitor-aggregator");
        using var stream = secured.Events(certificate: certificate).StreamEvents(new StreamEventsRequest());
        await stream.NextAsync();
        using var next = new TestAuthority();

        // Both: nothing changes for anybody.
        secured.Write("ca.pem", $"{secured.Authority.Pem}\n{next.Pem}");
        secured.Look();
        secured.Server.Source.Append(1);
        await stream.ReadEventsAsync(1);
        secured.Write("ca.pem", next.Pem);
        secured.Look();

        Assert.That((await stream.EndAsync()).StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        Assert.That(
            async () => await secured.Http(certificate: certificate).GetAsync(new Uri("/api/events", UriKind.Relative)),
            Throws.InstanceOf<HttpRequestException>());
    }

    // It can be read, and fits its key.
    [Test]
    public async Task Certificate_ThatNoConnectionComesAboutWith_IsNotUsed()
    {
        await using var secured = await SecuredServer.StartAsync();
        var before = await SerialAsync(secured);
        var (certificate, key) = secured.Authority.Sign("monitor.test");

        secured.Write("tls.pem", With(certificate, "2A8648CE3D040302", "2A8648CE3D047B02"));
        secured.Write("tls.key", key);
        secured.Look();

        Assert.That(await SerialAsync(secured), Is.EqualTo(before));
        Assert.That(await HealthAsync(secured), Does.Contain("degraded").And.Contain("tls.pem").And.Contain("no connection comes about"));
    }

    // .NET says so with an exception of its own kind.
    [TestCase("tls.pem")]
    [TestCase("tls.key")]
    public async Task Certificate_OfAnUnknownCurve_IsNotUsed(string name)
    {
        await using var secured = await SecuredServer.StartAsync();
        var before = await SerialAsync(secured);
        var (certificate, key) = secured.Authority.Sign("monitor.test");

        secured.Write("tls.pem", name == "tls.pem" ? WithUnknownCurve(certificate) : certificate);
        secured.Write("tls.key", name == "tls.key" ? WithUnknownCurve(key) : key);
        secured.Look();

        Assert.That(await SerialAsync(secured), Is.EqualTo(before));
        Assert.That(await HealthAsync(secured), Does.Contain("degraded").And.Contain(name));
    }

    [TestCase("ca.pem", 100)]
    [TestCase("tls.pem", 100)]
    // Within the last line, at its end, and within the first line of the second certificate.
    [TestCase("ca.pem", 1)]
    [TestCase("ca.pem", 20)]
    [TestCase("ca.pem", 0)]
    public async Task Certificates_CutByAFullDisk_LeaveThoseOfBefore(string file, int missing)
    {
        await using var secured = await SecuredServer.StartAsync();
        using var next = new TestAuthority();
        var (certificate, key) = secured.Authority.Sign("monitor.test");
        var whole = $"{(file == "ca.pem" ? next.Pem : certificate)}\n{secured.Authority.Pem}";

        // The first certificate is whole, the second is not.
        secured.Write(file, missing > 0 ? whole[..^missing] : whole[..(whole.Length - secured.Authority.Pem.Length + 5)]);
        if (file == "tls.pem")
        {
            secured.Write("tls.key", key);
        }

        secured.Look();

        Assert.That(await HealthAsync(secured), Does.Contain("degraded").And.Contain($"{file} is not complete"));
        using var client = secured.Authority.SignClient("ci.example");
        await secured.Http(certificate: client).GetStringAsync(new Uri("/api/events", UriKind.Relative));
        secured.Write(file, whole);
        secured.Look();
        Assert.That(await HealthAsync(secured), Does.Not.Contain("degraded"));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("{\"readers\": [")]
    [TestCase("{\"readers\": [null]}")]
    [TestCase("{\"readers\": [{\"name\": \"x\", \"role\": \"root\", \"token_sha256\": \"00\"}]}")]
    public async Task Readers_Broken_LeaveThoseOfBefore(string text)
    {
        await using var secured = await SecuredServer.StartAsync();

        secured.Write("readers.json", text);
        secured.Look();

        Assert.That(await HealthAsync(secured), Does.Contain("degraded").And.Contain("readers.json"));
    }

    [Test]
    public async Task Certificate_Expired_IsToldInHealth()
    {
        await using var secured = await SecuredServer.StartAsync();
        var http = secured.Http(SecuredServer.Token);
        await http.GetStringAsync(new Uri("/api/events", UriKind.Relative));

        secured.WriteCertificate(secured.Authority, to: -0.5);
        secured.Look();

        Assert.That(await http.GetStringAsync(new Uri("/health", UriKind.Relative)), Does.Contain("degraded").And.Contain("expired at"));
    }

    // From 1.2.840.10045.3.1.7 to one that nobody knows.
    private static string WithUnknownCurve(string pem) => With(pem, "2A8648CE3D030107", "2A8615CE3D030107");

    private static string With(string pem, string hex, string other)
    {
        var fields = System.Security.Cryptography.PemEncoding.Find(pem);
        var content = Convert.ToHexString(Convert.FromBase64String(pem[fields.Base64Data]));
        return System.Security.Cryptography.PemEncoding.WriteString(
            pem[fields.Label], Convert.FromHexString(content.Replace(hex, other, StringComparison.Ordinal)));
    }

    private static Task<string> HealthAsync(SecuredServer secured) =>
        secured.Http(SecuredServer.Token).GetStringAsync(new Uri("/health", UriKind.Relative));

    private static async Task<string> SerialAsync(SecuredServer secured)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(secured.Server.EndPoints.Http);
#pragma warning disable CA5359 // It asks which certificate it is.
        await using var tls = new System.Net.Security.SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("monitor.test");
        return tls.RemoteCertificate!.GetSerialNumberString();
    }
}
