using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Access;

/// <summary>A server with TLS and readers, and clients for it. Its refusals are logged, and no other warning may be.</summary>
internal sealed class SecuredServer : IAsyncDisposable
{
    public const string Token = "of-the-reader-of-everything";
    public const string TeamToken = "of-the-team";
    public const string StatusToken = "of-the-watcher";

    private readonly DirectoryInfo _folder;
    private readonly List<IDisposable> _clients = [];

    private SecuredServer(DirectoryInfo folder, TestAuthority authority)
    {
        _folder = folder;
        Authority = authority;
    }

    public TestAuthority Authority { get; }

    public TestServer Server { get; private set; } = null!;

    public static async Task<SecuredServer> StartAsync(
        ITokenReviewer? reviewer = null, bool isHealthOpen = false, TimeSpan? recheck = null, long retentionBytes = 16 << 20, bool areMetricsOpen = false)
    {
        var secured = new SecuredServer(Directory.CreateTempSubdirectory("access"), new TestAuthority());
        secured.WriteCertificate(secured.Authority);
        secured.Write("ca.pem", secured.Authority.Pem);
        secured.WriteReaders(Token, TeamToken, StatusToken);
        var plain = TestServer.Options(heartbeat: TimeSpan.FromMilliseconds(100));
        secured.Server = await TestServer.StartAsync(
            new MonitorServerOptions
            {
                NodeName = plain.NodeName,
                Version = plain.Version,
                Http = plain.Http,
                Grpc = plain.Grpc,
                HeartbeatInterval = plain.HeartbeatInterval,
                Access = new AccessOptions
                {
                    CertificateFile = secured.PathOf("tls.pem"),
                    KeyFile = secured.PathOf("tls.key"),
                    AuthorityFile = secured.PathOf("ca.pem"),
                    ReadersFile = secured.PathOf("readers.json"),
                    AggregatorName = "monitor-aggregator",
                    AcceptsServiceAccounts = reviewer is not null,
                    IsHealthOpen = isHealthOpen,
                    AreMetricsOpen = areMetricsOpen,
                    RecheckInterval = recheck ?? TimeSpan.FromSeconds(15),
                },
            },
            retentionBytes,
            reviewer: reviewer);
        secured.Server.ExpectedWarning = "Monitor.Server.";
        return secured;
    }

    /// <summary>A client of REST.</summary>
    /// <param name="token">Sent with each request; null: none.</param>
    /// <param name="certificate">Shown to the server; null: none.</param>
    /// <param name="chain">Shown to the server in place of it, the first as the client's own.</param>
    public HttpClient Http(string? token = null, X509Certificate2? certificate = null, X509Certificate2Collection? chain = null)
    {
        var client = new HttpClient(Handler(certificate ?? chain?[0], chain)) { BaseAddress = new Uri(Server.EndPoints.HttpUrl) };
        _clients.Add(client);
        if (token is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return client;
    }

    /// <summary>A client of gRPC; as <see cref="Http"/>.</summary>
    public EventService.EventServiceClient Events(string? token = null, X509Certificate2? certificate = null, string? target = null) =>
        new(Channel(token, certificate, target));

    /// <summary>A connection for any client of gRPC; as <see cref="Http"/>.</summary>
    public GrpcChannel Channel(string? token = null, X509Certificate2? certificate = null, string? target = null)
    {
        var channel = GrpcChannel.ForAddress($"https://{target ?? Server.EndPoints.GrpcTarget}", new GrpcChannelOptions
        {
            HttpHandler = Handler(certificate),
            DisposeHttpClient = true,
            Credentials = token is null ? null : ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.FromInterceptor((_, headers) =>
            {
                headers.Add("Authorization", $"Bearer {token}");
                return Task.CompletedTask;
            })),
        });
        _clients.Add(channel);
        return channel;
    }

    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    public void WriteCertificate(TestAuthority authority, double to = 20)
    {
        var (certificate, key) = authority.Sign("monitor.test", to: to);
        Write("tls.pem", certificate);
        Write("tls.key", key);
    }

    public void WriteReaders(string token, string teamToken, string statusToken) => Write("readers.json", $$"""
        {"readers": [
          {"name": "all", "role": "events", "token_sha256": "{{Hash(token)}}"},
          {"name": "team", "role": "events", "namespaces": ["team-a", "team-b"], "token_sha256": "{{Hash(teamToken)}}"},
          {"name": "watcher", "role": "status", "token_sha256": "{{Hash(statusToken)}}"},
          {"name": "ci", "role": "events", "certificate": "ci.example"},
        ]}
        """);

    /// <summary>Has the server look at its files, which it does every two seconds.</summary>
    public void Look()
    {
        Server.App.Services.GetRequiredService<TlsIdentity>().Look();
        Server.App.Services.GetRequiredService<WatchedFiles<ReadersFile>>().Look();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await Server.DisposeAsync();
        Authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private SocketsHttpHandler Handler(X509Certificate2? certificate, X509Certificate2Collection? chain = null) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            // As it is: nothing is looked for that leads to its authority.
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, chain, offline: true),
            // By the authority of the test and nothing else.
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { X509Certificate2.CreateFromPem(Authority.Pem) },
            },
        },
    };
}
