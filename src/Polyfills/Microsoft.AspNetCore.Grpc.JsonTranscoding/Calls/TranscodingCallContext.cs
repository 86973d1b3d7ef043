using System.Net.Sockets;
using System.Text;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>What a service sees of a transcoded call.</summary>
internal sealed class TranscodingCallContext : ServerCallContext, IServerCallContextFeature, IDisposable
{
    // Where ServerCallContextExtensions.GetHttpContext of Grpc.AspNetCore.Server looks in the user state of a context that
    // is not its own.
    private const string HttpContextKey = "__HttpContext";

    private readonly IMethod _method;
    private readonly Deadline _deadline;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private string? _peer;

    public TranscodingCallContext(HttpContext httpContext, IMethod method)
    {
        HttpContext = httpContext;
        _method = method;
        _deadline = JsonTranscoding.Calls.Deadline.Start(httpContext);
        httpContext.Items[HttpContextKey] = httpContext;
        httpContext.Features.Set<IServerCallContextFeature>(this);
    }

    public HttpContext HttpContext { get; }

    /// <summary>The encoding of the request's JSON, in which the response is written too. UTF-8 until it is known.</summary>
    public Encoding Encoding { get; set; } = Encoding.UTF8;

    public bool IsDeadlineExceeded => _deadline.IsExceeded;

    /// <summary>Whether the connection is closed, so that no answer can be sent.</summary>
    public bool IsClientGone
    {
        get => field || HttpContext.RequestAborted.IsCancellationRequested;
        set;
    }

    /// <inheritdoc/>
    public ServerCallContext ServerCallContext => this;

    /// <summary>
    /// Sets the content type, while that is possible. The status stays what the service made it: 200 unless it said
    /// otherwise.
    /// </summary>
    public void PrepareResponse(string? contentType = null)
    {
        if (!HttpContext.Response.HasStarted)
        {
            HttpContext.Response.ContentType = contentType ?? JsonContentType.For(Encoding);
        }
    }

    public void Dispose() => _deadline.Dispose();

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => _peer ??= BuildPeer();

    protected override DateTime DeadlineCore => _deadline.Time;

    protected override CancellationToken CancellationTokenCore => _deadline.Token;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= RequestMetadata.Read(HttpContext.Request.Headers);

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerIdentity.Read(HttpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => HttpContext.Items!;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("A transcoded call has no propagation token. Pass on its deadline and its cancellation token.");

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        var response = HttpContext.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("The response headers were sent already; they can be sent once.");
        }

        foreach (var entry in responseHeaders ?? [])
        {
            response.Headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
        }

        PrepareResponse();
        await response.BodyWriter.FlushAsync(CancellationToken);
    }

    private string BuildPeer()
    {
        var connection = HttpContext.Connection;
        return connection.RemoteIpAddress switch
        {
            null => "unknown",
            { AddressFamily: AddressFamily.InterNetwork } ip => $"ipv4:{ip}:{connection.RemotePort}",
            { AddressFamily: AddressFamily.InterNetworkV6 } ip => $"ipv6:[{ip}]:{connection.RemotePort}",
            var other => $"unknown:{other}:{connection.RemotePort}",
        };
    }
}
