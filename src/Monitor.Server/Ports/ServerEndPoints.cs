using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Monitor.Server;

/// <summary>Where the server listens: a service of the application that <see cref="MonitorServer.Build"/> makes.</summary>
public sealed class ServerEndPoints
{
    private readonly MonitorServerOptions _options;
    private ListenOptions? _http;
    private ListenOptions? _grpc;

    internal ServerEndPoints(MonitorServerOptions options) => _options = options;

    /// <summary>The address of REST; once the application has started, with the port that the system chose where 0
    /// was asked for.</summary>
    public IPEndPoint Http => _http?.IPEndPoint ?? _options.Http;

    /// <summary>The address of gRPC; as <see cref="Http"/>.</summary>
    public IPEndPoint Grpc => _grpc?.IPEndPoint ?? _options.Grpc;

    /// <summary>Whether both listen with TLS; each then speaks REST and gRPC.</summary>
    public bool HasTls => _options.Access.HasTls;

    /// <summary>Base address of REST for a client on this machine, for example <c>http://127.0.0.1:8080</c>.</summary>
    public string HttpUrl => (HasTls ? "https://" : "http://") + Reachable(Http);

    /// <summary>Target of gRPC for a client on this machine, for example <c>127.0.0.1:50051</c>.</summary>
    public string GrpcTarget => Reachable(Grpc).ToString();

    internal void Set(ListenOptions http, ListenOptions grpc)
    {
        _http = http;
        _grpc = grpc;
    }

    // Nobody can connect to the wildcard address by its name.
    private static IPEndPoint Reachable(IPEndPoint endPoint) =>
        endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any)
            ? new IPEndPoint(IPAddress.Loopback, endPoint.Port)
            : endPoint;
}
