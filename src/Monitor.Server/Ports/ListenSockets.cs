using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Monitor.Server;

/// <summary>Makes the sockets that Kestrel listens on, and says in our words why one cannot be made.</summary>
internal sealed class ListenSockets(MonitorServerOptions options)
{
    public Socket Create(EndPoint endPoint)
    {
        if (options.Http.Equals(options.Grpc) && options.Http.Port != 0)
        {
            throw new ListenException(
                endPoint,
                ServerSettings.GrpcOption,
                $"{ServerSettings.HttpOption} and {ServerSettings.GrpcOption} are the same address. Choose two ports: in clear "
                + "text, each speaks one protocol.");
        }

        Socket? socket = null;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            NoticeDeadPeers(socket);
            return socket;
        }
        catch (SocketException failure)
        {
            socket?.Dispose();
            throw new ListenException(endPoint, SettingOf(endPoint), failure);
        }
    }

    // Accepted sockets inherit these on Linux. A client that vanished without a word while nothing was being sent to it
    // is noticed after a minute; HTTP/2 has its own pings, REST has only this.
    private static void NoticeDeadPeers(Socket socket)
    {
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        }
    }

    private string SettingOf(EndPoint endPoint) => endPoint.Equals(options.Http) ? ServerSettings.HttpOption : ServerSettings.GrpcOption;
}
