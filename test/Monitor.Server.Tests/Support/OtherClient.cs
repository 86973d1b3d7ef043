using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;

namespace Monitor.Server.Tests.Support;

/// <summary>Another client of the same machine: all of 127.0.0.0/8 is loopback, and each address is a client.</summary>
internal static class OtherClient
{
    public static IPAddress Address { get; } = IPAddress.Parse("127.0.0.2");

    public static HttpClient Http(TestServer server) =>
        new(Handler()) { BaseAddress = new Uri(server.EndPoints.HttpUrl) };

    public static GrpcChannel Channel(TestServer server) =>
        GrpcChannel.ForAddress("http://" + server.EndPoints.GrpcTarget, new GrpcChannelOptions { HttpHandler = Handler(), DisposeHttpClient = true });

    public static TcpClient Connect(IPEndPoint server)
    {
        var client = new TcpClient(new IPEndPoint(Address, 0));
        client.Connect(server);
        return client;
    }

    private static SocketsHttpHandler Handler() => new()
    {
        EnableMultipleHttp2Connections = true,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(Address, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
