using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Monitor.Server.Settings;

internal sealed class ListenAddressFormat : ValueFormat<IPEndPoint>
{
    public override string ValueName => "ADDRESS";

    public override string Expected =>
        "host:port, where host is an IPv4 address, an IPv6 address in brackets, localhost, or * for every address, and "
        + "port is 0 to 65535, for example 127.0.0.1:8080, [::1]:8080 or *:8080";

    public override bool TryParse(string text, [MaybeNullWhen(false)] out IPEndPoint value)
    {
        value = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || ParseHost(text[..colon]) is not { } address)
        {
            return false;
        }

        value = new IPEndPoint(address, port);
        return true;
    }

    private static IPAddress? ParseHost(string host)
    {
        if (host is "" or "*")
        {
            // A socket on the IPv6 wildcard takes IPv4 connections too.
            return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        }

        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return IPAddress.Loopback;
        }

        if (host is ['[', .. var inner, ']'])
        {
            return IPAddress.TryParse(inner, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6
                ? v6
                : null;
        }

        // IPAddress.TryParse alone takes "1" and "0x7f.1" for IPv4 addresses.
        return host.Count(c => c == '.') == 3
            && IPAddress.TryParse(host, out var v4)
            && v4.AddressFamily == AddressFamily.InterNetwork
            && v4.ToString() == host
            ? v4
            : null;
    }
}
