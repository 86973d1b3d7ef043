using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Monitor.Server;

/// <summary>Addresses and limits of the web server.</summary>
internal static class KestrelSetup
{
    public static void Configure(
        KestrelServerOptions kestrel, MonitorServerOptions options, ServerEndPoints endPoints, TlsIdentity? tls, Refusals refusals,
        ConnectionLimits limits)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        SetLimits(kestrel.Limits, options);

        ListenOptions http = null!;
        ListenOptions grpc = null!;
        // In clear text a port speaks one of the two: choosing between them needs TLS.
        kestrel.Listen(options.Http, listen =>
        {
            Speak(listen, HttpProtocols.Http1);
            http = listen;
        });
        kestrel.Listen(options.Grpc, listen =>
        {
            Speak(listen, HttpProtocols.Http2);
            grpc = listen;
        });
        endPoints.Set(http, grpc);

        void Speak(ListenOptions listen, HttpProtocols inClearText)
        {
            listen.Protocols = tls is null ? inClearText : HttpProtocols.Http1AndHttp2;
            limits.UseGate(listen);
            if (tls is not null)
            {
                TlsListener.Use(listen, tls, refusals);
            }

            limits.UseFrameLimit(listen);
        }
    }

    private static void SetLimits(KestrelServerLimits limits, MonitorServerOptions options)
    {
        limits.MaxRequestLineSize = options.MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = options.MaxRequestHeaderBytes;
        // What a body that nobody reads yet takes, of each connection. The web server insists that a line fits in its buffer.
        limits.MaxRequestBufferSize = Math.Max(128 << 10, Math.Max(options.MaxRequestLineBytes, options.MaxRequestHeaderBytes));
        limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        limits.KeepAliveTimeout = options.IdleTimeout;
        // So that the largest body takes no longer than a call may; small ones have the time of grace.
        limits.MinRequestBodyDataRate = new MinDataRate(
            Math.Max(240, options.MaxRequestBodyBytes / options.Clients.CallTimeout.TotalSeconds), options.BodyGrace);
        // A stream whose client stops reading is not an attack: its cursor stops, and it costs nothing.
        limits.MinResponseDataRate = null;
        // What a client that does not read may hold in the server's memory, beyond one batch.
        limits.MaxResponseBufferSize = 64 << 10;

        // Beside streams, calls that come and go. The web server keeps up to twice as many while their client resets them.
        limits.Http2.MaxStreamsPerConnection = options.Clients.MaxStreams + 100;
        // What bodies that nobody reads yet take, as above: of one call, and of a connection.
        limits.Http2.InitialStreamWindowSize = 64 << 10;
        limits.Http2.InitialConnectionWindowSize = 128 << 10;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
    }
}
