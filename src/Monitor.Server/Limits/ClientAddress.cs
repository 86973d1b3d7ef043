using System.Net;
using System.Net.Sockets;

namespace Monitor.Server;

/// <summary>What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which one machine has to itself.</summary>
internal static class ClientAddress
{
    public static IPAddress Of(IPAddress? remote)
    {
        var address = remote ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
