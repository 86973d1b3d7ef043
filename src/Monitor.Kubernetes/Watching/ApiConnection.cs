using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using k8s;

namespace Monitor.Kubernetes.Watching;

/// <summary>
/// The way to the API server: the client library's configuration, credentials, TLS and HTTP pipeline. Thread-safe; one is
/// enough for all watches, which share an HTTP/2 connection.
/// </summary>
public sealed class ApiConnection : IDisposable
{
    // What an error may say: more is not read.
    private const int MaxErrorBytes = 64 << 10;

    private readonly Func<KubernetesClientConfiguration> _configure;
    private readonly Lock _gate = new();
    private k8s.Kubernetes? _client;

    private ApiConnection(string description, Func<KubernetesClientConfiguration> configure)
    {
        Description = description;
        _configure = configure;
    }

    /// <summary>Where the configuration is from, for messages.</summary>
    public string Description { get; }

    /// <summary>As a pod: by the service account's files, which are read again while they change.</summary>
    public static ApiConnection InCluster() => new(
        "the service account of this pod (outside a pod, a kubeconfig says how to reach the API server)",
        KubernetesClientConfiguration.InClusterConfig);

    /// <summary>By a kubeconfig: token, client certificate, or a command that gets either.</summary>
    /// <param name="path">The file.</param>
    /// <param name="context">One of its contexts; null for its current one.</param>
    public static ApiConnection FromKubeconfig(string path, string? context = null) => new(
        $"the kubeconfig {path}",
        () => KubernetesClientConfiguration.BuildConfigFromConfigFile(path, context));

    /// <summary>The files that a connection reads, now and whenever credentials are refused.</summary>
    /// <param name="kubeconfig">The kubeconfig; null: as a pod.</param>
    public static IReadOnlyList<string> FilesOf(string? kubeconfig) =>
        kubeconfig is null ? ["/var/run/secrets/kubernetes.io/serviceaccount/token"] : [kubeconfig, .. Kubeconfig.FilesOf(kubeconfig)];

    /// <summary>By a configuration that is made anew whenever credentials are refused.</summary>
    internal static ApiConnection From(Func<KubernetesClientConfiguration> configure) => new("a configuration", configure);

    /// <summary>
    /// Reads the configuration anew for the next request: tokens, certificates and the server's authority may have changed
    /// on disk. Requests that are under way go on.
    /// </summary>
    internal void Renew()
    {
        lock (_gate)
        {
            // Not disposed, since others may be using it; its idle connections close by themselves.
            _client = null;
        }
    }

    /// <summary>Asks for something; the caller disposes of the answer.</summary>
    /// <param name="verb">list or watch, for messages.</param>
    /// <param name="resource">Plural, for messages.</param>
    /// <param name="pathAndQuery">Without a slash at its start.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">The server refused, or there is no usable configuration.</exception>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    internal Task<HttpResponseMessage> GetAsync(
        string verb, string resource, string pathAndQuery, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, null, verb, resource, pathAndQuery, cancellationToken);

    /// <summary>Creates an object, for the answer that the server gives to it; as <see cref="GetAsync"/>.</summary>
    /// <param name="json">The object.</param>
    /// <param name="resource">Plural, for messages.</param>
    /// <param name="path">Without a slash at its start.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal Task<HttpResponseMessage> PostAsync(string json, string resource, string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, json, "create", resource, path, cancellationToken);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string? json, string verb, string resource, string pathAndQuery, CancellationToken cancellationToken)
    {
        var client = Client();
        using var request = new HttpRequestMessage(method, new Uri(client.BaseUri, pathAndQuery));
        request.Content = json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (client.Credentials is { } credentials)
        {
            try
            {
                await credentials.ProcessHttpRequestAsync(request, cancellationToken);
            }
            catch (Exception failure) when (IsConfigurationFailure(failure))
            {
                throw new ApiException($"{Description} gives no credentials: {failure.Message}", failure);
            }
        }

        var response = await client.HttpClient.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var body = await ReadSomeAsync(response.Content, cancellationToken);
            throw ApiRefusal.Read(verb, resource, response.StatusCode, body, RetryAfter(response.Headers.RetryAfter));
        }
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _client?.Dispose();
            _client = null;
        }
    }

    private k8s.Kubernetes Client()
    {
        lock (_gate)
        {
            if (_client is not null)
            {
                return _client;
            }

            try
            {
                var configuration = _configure();
                configuration.FirstMessageHandlerSetup = static handler =>
                {
                    handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                    handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
                    handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
                    handler.PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1);
                    handler.AllowAutoRedirect = false;
                };
                return _client = new k8s.Kubernetes(configuration);
            }
            catch (Exception failure) when (IsConfigurationFailure(failure))
            {
                throw new ApiException($"{Description} cannot be used: {failure.Message}", failure);
            }
        }
    }

    // The library reads files, YAML, certificates and the output of commands, and lets through what those throw.
    private static bool IsConfigurationFailure(Exception failure) =>
        failure is not (OperationCanceledException or OutOfMemoryException or HttpRequestException);

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta is { } delta && delta > TimeSpan.Zero ? delta : null;

    private static async Task<byte[]> ReadSomeAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxErrorBytes);
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            var length = await stream.ReadAtLeastAsync(buffer, MaxErrorBytes, throwOnEndOfStream: false, cancellationToken);
            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
