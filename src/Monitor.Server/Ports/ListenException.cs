using System.Net;
using System.Net.Sockets;

namespace Monitor.Server;

/// <summary>
/// The server cannot listen where it was told to. <see cref="Exception.Message"/> is one line for the user: the
/// address, the setting, why, and what to do.
/// </summary>
public sealed class ListenException : IOException
{
    internal ListenException(EndPoint endPoint, string setting, SocketException cause)
        : this(endPoint, setting, Explain(endPoint, setting, cause), cause)
    {
    }

    internal ListenException(EndPoint endPoint, string setting, string why, SocketException? cause = null)
        : base($"cannot listen on {endPoint} ({setting}): {why}", cause)
    {
        EndPoint = endPoint;
        Setting = setting;
    }

    /// <summary>The address.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>The option that sets it.</summary>
    public string Setting { get; }

    private static string Explain(EndPoint endPoint, string setting, SocketException cause)
    {
        var port = (endPoint as IPEndPoint)?.Port ?? 0;
        return cause.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"another process has this port (ss -ltnp 'sport = :{port}' shows which). Stop it, or choose another "
                + $"port with {setting}.",
            SocketError.AddressNotAvailable =>
                $"this machine does not have this address. Choose one of those that `ip address` shows, or *:{port} "
                + "for all of them.",
            SocketError.AccessDenied =>
                $"ports below 1024 need root or the capability CAP_NET_BIND_SERVICE. Choose a higher one with {setting}.",
            SocketError.AddressFamilyNotSupported =>
                $"this machine has no IPv6. Choose an IPv4 address with {setting}.",
            _ => $"{cause.Message}. Choose another address with {setting}.",
        };
    }
}
