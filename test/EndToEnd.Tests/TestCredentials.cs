using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Server.Tests.Access;

namespace EndToEnd.Tests;

/// <summary>Certificates and readers for the programs of a test, in files that change while they run, and clients that show a
/// token and look at the certificate.</summary>
internal sealed class TestCredentials : IDisposable
{
    public const string AgentName = "monitor-agent";

    public const string AggregatorName = "monitor-aggregator";

    private const string Token = "a token of the tests";

    private readonly string _folder;

    /// <param name="folder">Where the files are; exists.</param>
    public TestCredentials(string folder)
    {
        _folder = folder;
        Write("ca.pem", Authority.Pem);
        Write("readers.json", $$"""{"readers": [{"name": "tests", "role": "events", "token_sha256": "{{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token)))}}"}]}""");
    }

    public TestAuthority Authority { get; } = new();

    /// <summary>The options of a program whose files have this name.</summary>
    public string[] Options(string file) =>
        ["--tls-certificate", PathOf($"{file}.pem"), "--tls-key", PathOf($"{file}.key"), "--tls-authority", PathOf("ca.pem")];

    /// <summary>The option for readers.</summary>
    public string[] Readers => ["--readers", PathOf("readers.json")];

    /// <summary>Writes a new certificate and its key.</summary>
    /// <param name="file">Name of the two files.</param>
    /// <param name="name">DNS name of the certificate.</param>
    /// <param name="from">Days from now.</param>
    /// <param name="to">Days from now.</param>
    /// <param name="authorities">How often the authority follows the certificate, to make the file longer.</param>
    public void Sign(string file, string name, double from = -1, double to = 20, int authorities = 0)
    {
        var (certificate, key) = Authority.Sign(name, from, to);
        Write($"{file}.pem", string.Join('\n', Enumerable.Repeat(Authority.Pem, authorities).Prepend(certificate)));
        Write($"{file}.key", key);
    }

    public void Write(string name, string text)
    {
        // As programs of other kinds do. File.WriteAllText asks for the room beforehand, and removes the file where there is
        // none; and .NET's locks would keep the programs, which are .NET too, from reading.
        using var file = new FileStream(PathOf(name), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>The header that a client of REST shows.</summary>
    public static string Authorization => $"Authorization: Bearer {Token}";

    /// <summary>A client of REST that insists on a good certificate with a name, at whatever address.</summary>
    public HttpClient Http(string name) => Http(Insisting(name));

    /// <summary>One that asks how a program is doing, whatever its certificate.</summary>
#pragma warning disable CA5359 // Its certificate may be what the test broke.
    public HttpClient HttpWithoutACheck() => Http((_, _, _, _) => true);
#pragma warning restore CA5359

    /// <summary>A connection for clients of gRPC that insist on a good certificate of an aggregator.</summary>
    public GrpcChannel Channel(string target) => GrpcChannel.ForAddress($"https://{target}", new GrpcChannelOptions
    {
        HttpHandler = Handler(Insisting(AggregatorName)),
        DisposeHttpClient = true,
        Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.FromInterceptor((_, headers) =>
        {
            headers.Add("Authorization", $"Bearer {Token}");
            return Task.CompletedTask;
        })),
    });

    public void Dispose() => Authority.Dispose();

    private static RemoteCertificateValidationCallback Insisting(string name) => (_, certificate, _, errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
        && certificate is X509Certificate2 shown && shown.MatchesHostname(name, allowWildcards: false, allowCommonName: false);

    private HttpClient Http(RemoteCertificateValidationCallback check)
    {
        var http = PatientHttp.Client(Handler(check));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return http;
    }

    private SocketsHttpHandler Handler(RemoteCertificateValidationCallback check) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { X509Certificate2.CreateFromPem(Authority.Pem) },
            },
            RemoteCertificateValidationCallback = check,
        },
    };
}
