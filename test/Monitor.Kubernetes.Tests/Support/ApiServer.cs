using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Authentication;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Support;

/// <summary>
/// A real API server with its database, on loopback ports of its own; no node, and no controllers. Both end with the test
/// process, whatever becomes of it.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private const string Issuer = "https://kubernetes.default.svc";
    private const string Loopback = "127.0.0.1";

    private readonly string _folder = Directory.CreateTempSubdirectory("monitor-test-").FullName;
    private readonly string _programs;
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _admin;
    private readonly RSA _accountKey = RSA.Create(2048);
    private readonly HttpClient _client;
    private readonly int _port = FreePort();
    private readonly int _etcdPort = FreePort();
    private readonly int _peerPort = FreePort();
    private readonly List<Process> _processes = [];
    private Process? _server;

    private ApiServer(string programs)
    {
        _programs = programs;
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=test-authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        _admin = Certificate("O=system:masters, CN=admin", "1.3.6.1.5.5.7.3.2");
        _client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions =
            {
                ClientCertificates = [_admin],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        })
        {
            BaseAddress = new Uri($"https://{Loopback}:{_port}/"),
        };
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => _client.BaseAddress!;

    /// <summary>Of the administrator, for requests of the test.</summary>
    public HttpClient Admin => _client;

    /// <summary>A folder for files of the test.</summary>
    public string Folder => _folder;

    /// <summary>The authority's certificate, as PEM.</summary>
    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>The administrator's certificate and key, as PEM.</summary>
    public (string Certificate, string Key) AdminPem => (_admin.ExportCertificatePem(), _admin.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());

    /// <summary>The administrator's connection.</summary>
    public ApiConnection Connect() => ApiConnection.FromKubeconfig(WriteKubeconfig(
        $"client-certificate-data: {Base64(AdminPem.Certificate)}, client-key-data: {Base64(AdminPem.Key)}"));

    /// <summary>A connection as a pod has it: a token in a file that changes.</summary>
    public ApiConnection ConnectByTokenFile(string file) => ApiConnection.From(() => new KubernetesClientConfiguration
    {
        Host = Address.ToString(),
        SslCaCerts = [X509CertificateLoader.LoadCertificate(_authority.Export(X509ContentType.Cert))],
        TokenProvider = new TokenFileAuth(file),
    });

    /// <summary>Starts one, or skips the test where its programs are missing and cannot be built.</summary>
    public static async Task<ApiServer> StartAsync()
    {
        var server = new ApiServer(Programs());
        try
        {
            await server.PrepareAsync();
            await server.StartServerAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server at once, as a crash does; its database stays.</summary>
    public async Task KillAsync()
    {
        await EndAsync(_server!);
        _server = null;
    }

    /// <summary>Starts it again: older versions are gone from its memory.</summary>
    public async Task StartServerAsync()
    {
        _server = Run(
            $"{_programs}/bin/kube-apiserver",
            "kube-apiserver",
            $"--etcd-servers=http://{Loopback}:{_etcdPort}",
            $"--bind-address={Loopback}",
            $"--advertise-address={Loopback}",
            $"--secure-port={_port}",
            "--insecure-port=0",
            "--endpoint-reconciler-type=none",
            $"--cert-dir={_folder}/certificates",
            $"--tls-cert-file={_folder}/server.crt",
            $"--tls-private-key-file={_folder}/server.key",
            $"--client-ca-file={_folder}/authority.crt",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            $"--service-account-issuer={Issuer}",
            $"--api-audiences={Issuer}",
            $"--service-account-key-file={_folder}/accounts.pub",
            $"--service-account-signing-key-file={_folder}/accounts.key",
            "--feature-gates=BoundServiceAccountTokenVolume=true,RootCAConfigMap=true");
        await Waiting.UntilAsync("the API server", IsReady);
    }

    /// <summary>Creates or replaces an object.</summary>
    public async Task<JsonElement> PostAsync(string path, object content)
    {
        using var response = await _client.PostAsJsonAsync(path, content);
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(response.IsSuccessStatusCode, Is.True, body);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    public async Task<JsonElement> PutAsync(string path, object content)
    {
        using var response = await _client.PutAsJsonAsync(path, content);
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(response.IsSuccessStatusCode, Is.True, body);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    public async Task PatchAsync(string path, object content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, path)
        {
            Content = new StringContent(JsonSerializer.Serialize(content), Encoding.UTF8, "application/merge-patch+json"),
        };
        using var response = await _client.SendAsync(request);
        Assert.That(response.IsSuccessStatusCode, Is.True, await response.Content.ReadAsStringAsync());
    }

    public async Task DeleteAsync(string path)
    {
        using var response = await _client.DeleteAsync(path);
        Assert.That(response.IsSuccessStatusCode, Is.True, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A pod that no node runs, with a status as if one did.</summary>
    public async Task<Guid> AddPodAsync(
        string name,
        string node,
        string? address = null,
        string phase = "Running",
        bool hostNetwork = false,
        string objectNamespace = "default")
    {
        var made = await PostAsync($"api/v1/namespaces/{objectNamespace}/pods", new
        {
            metadata = new { name },
            spec = new
            {
                nodeName = node,
                hostNetwork,
                automountServiceAccountToken = false,
                containers = new[] { new { name = "app", image = "none" } },
            },
        });
        var uid = made.GetProperty("metadata").GetProperty("uid").GetGuid();
        if (address is not null)
        {
            await SetPodStatusAsync(name, address, phase, objectNamespace);
        }

        return uid;
    }

    public Task SetPodStatusAsync(string name, string address, string phase, string objectNamespace = "default") => PatchAsync(
        $"api/v1/namespaces/{objectNamespace}/pods/{name}/status",
        new
        {
            status = new
            {
                phase,
                podIP = address,
                podIPs = new[] { new { ip = address } },
                startTime = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
                containerStatuses = new[]
                {
                    new
                    {
                        name = "app",
                        image = "none",
                        imageID = "",
                        ready = true,
                        restartCount = 0,
                        containerID = $"containerd://{TestPods.Id(name.Length)}",
                    },
                },
            },
        });

    public Task DeletePodAsync(string name, string objectNamespace = "default") =>
        DeleteAsync($"api/v1/namespaces/{objectNamespace}/pods/{name}?gracePeriodSeconds=0");

    /// <summary>A service account that may do something with some resources of the core group, and a token for it.</summary>
    public async Task<string> AddAccountAsync(string name, string[] verbs, params string[] resources)
    {
        var made = await PostAsync("api/v1/namespaces/default/serviceaccounts", new { metadata = new { name } });
        var uid = made.GetProperty("metadata").GetProperty("uid").GetString()!;
        await PostAsync("apis/rbac.authorization.k8s.io/v1/clusterroles", new
        {
            metadata = new { name },
            rules = new[] { new { apiGroups = new[] { "" }, resources, verbs } },
        });
        await PostAsync("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", new
        {
            metadata = new { name },
            roleRef = new { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name },
            subjects = new[] { new { kind = "ServiceAccount", name, @namespace = "default" } },
        });
        return uid;
    }

    /// <summary>A token of a service account, of any age.</summary>
    public string Token(string account, string uid, TimeSpan validFor)
    {
        var now = DateTimeOffset.UtcNow;
        var header = """{"alg":"RS256","typ":"JWT"}""";
        var claims = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = new[] { Issuer },
            ["sub"] = $"system:serviceaccount:default:{account}",
            ["iat"] = now.AddMinutes(-10).ToUnixTimeSeconds(),
            ["nbf"] = now.AddMinutes(-10).ToUnixTimeSeconds(),
            ["exp"] = (now + validFor).ToUnixTimeSeconds(),
            ["kubernetes.io"] = new Dictionary<string, object>
            {
                ["namespace"] = "default",
                ["serviceaccount"] = new { name = account, uid },
            },
        });
        var signed = $"{Url(Encoding.UTF8.GetBytes(header))}.{Url(Encoding.UTF8.GetBytes(claims))}";
        var signature = _accountKey.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Url(signature)}";
    }

    /// <summary>A kubeconfig with a user as given, in YAML's flow style.</summary>
    public string WriteKubeconfig(string user)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid()}.kubeconfig");
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "{{Address}}", certificate-authority-data: "{{Base64(AuthorityPem)}}" } }]
            users: [{name: u, user: { {{user}} } }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            current-context: x
            """);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await EndAsync(process);
            process.Dispose();
        }

        _client.Dispose();
        _accountKey.Dispose();
        _admin.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private async Task PrepareAsync()
    {
        using var server = Certificate("CN=kube-apiserver", "1.3.6.1.5.5.7.3.1");
        await File.WriteAllTextAsync($"{_folder}/authority.crt", AuthorityPem);
        await File.WriteAllTextAsync($"{_folder}/server.crt", server.ExportCertificatePem());
        await File.WriteAllTextAsync($"{_folder}/server.key", server.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync($"{_folder}/accounts.key", _accountKey.ExportRSAPrivateKeyPem());
        await File.WriteAllTextAsync($"{_folder}/accounts.pub", _accountKey.ExportSubjectPublicKeyInfoPem());
        Run(
            $"{_programs}/root/usr/bin/etcd",
            "etcd",
            "--name=test",
            $"--data-dir={_folder}/etcd",
            "--unsafe-no-fsync",
            $"--listen-client-urls=http://{Loopback}:{_etcdPort}",
            $"--advertise-client-urls=http://{Loopback}:{_etcdPort}",
            $"--listen-peer-urls=http://{Loopback}:{_peerPort}",
            $"--initial-advertise-peer-urls=http://{Loopback}:{_peerPort}",
            $"--initial-cluster=test=http://{Loopback}:{_peerPort}");
    }

    private bool IsReady()
    {
        if (_server!.HasExited)
        {
            Assert.Fail($"the API server ended: {File.ReadAllText($"{_folder}/kube-apiserver.log")[^2000..]}");
        }

        try
        {
            // The server makes the namespace a moment after it says that it is ready.
            return IsThere("readyz") && IsThere("api/v1/namespaces/default");
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private bool IsThere(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = _client.Send(request);
        return response.IsSuccessStatusCode;
    }

    // The shell ends the program when the pipe to it closes, as it does with this process at the latest.
    private Process Run(string program, string name, params string[] arguments)
    {
        const string Script = "log=$1; shift; \"$@\" >>\"$log\" 2>&1 </dev/null & read -r _; kill -KILL $!; wait";
        var process = Process.Start(new ProcessStartInfo("sh", ["-c", Script, "sh", $"{_folder}/{name}.log", program, .. arguments])
        {
            RedirectStandardInput = true,
        })!;
        _processes.Add(process);
        return process;
    }

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }
    }

    private X509Certificate2 Certificate(string subject, string usage)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.Create(
            _authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // As test/kubernetes/cluster.sh has them: built once, kept in artifacts/.
    private static string Programs()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Monitor.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("Monitor.sln is not above the tests");
        }

        var folder = Environment.GetEnvironmentVariable("CLUSTER_FOLDER") ?? Path.Combine(root, "artifacts", "kubernetes");
        var script = Path.Combine(root, "test", "kubernetes", "cluster.sh");
        if (!File.Exists($"{folder}/bin/kube-apiserver") && File.Exists(script))
        {
            using var build = Process.Start(script, "build")!;
            build.WaitForExit();
        }

        if (!File.Exists($"{folder}/bin/kube-apiserver") || !File.Exists($"{folder}/root/usr/bin/etcd"))
        {
            var reason = $"There is no API server in {folder}; test/kubernetes/cluster.sh build makes one.";
            if (Environment.GetEnvironmentVariable("CI_KERNEL_REQUIRED") == "1")
            {
                Assert.Fail(reason);
            }

            Assert.Ignore(reason);
        }

        return folder;
    }
}
