using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Monitor.Protocol;
using Monitor.Server;

namespace Monitor.Aggregator.Discovery;

/// <summary>
/// Where an agent serves gRPC. Two addresses are equal where they are written the same way apart from capitals, the spelling
/// of an IPv6 address, and a port that is left out; two names of one machine are not. Immutable.
/// </summary>
internal sealed record AgentAddress
{
    /// <summary>The port that agents listen on unless they are told otherwise; the default of an address.</summary>
    public static int DefaultPort => ServerSettings.Agent.GrpcPort;

    /// <summary>What <see cref="TryParse(string, out AgentAddress?, out string?)"/> accepts, to follow the word
    /// "expected".</summary>
    public static string Expected { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"host:port, where host is a name, an IPv4 address or an IPv6 address in brackets, and port is 1 to 65535 ({DefaultPort} "
        + $"if left out), for example node-1:{DefaultPort}, 10.0.0.7 or [fd00::7]:{DefaultPort}");

    // RFC 1035, 2.3.4.
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private AgentAddress(string host, int port)
    {
        Host = host;
        Port = port;
    }

    /// <summary>Name or address, in small letters; an IPv6 address without brackets.</summary>
    public string Host { get; }

    /// <summary>1 to 65535.</summary>
    public int Port { get; }

    /// <summary>Whether it is written as one of this machine; a name may still lead here without this.</summary>
    public bool IsOnThisMachine => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>What a channel connects to: <c>http://node-1:50051</c>, or https with TLS.</summary>
    public Uri UriWith(bool tls) => new($"{(tls ? "https" : "http")}://{this}");

    /// <summary>The address of a machine.</summary>
    public static AgentAddress Of(IPAddress address, int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        return new AgentAddress(address.ToString(), port);
    }

    /// <summary>Reads what a user wrote.</summary>
    /// <param name="text">Blanks around it do not count.</param>
    /// <param name="address">The address; null where the text is not one.</param>
    /// <param name="problem">What is wrong and what to write instead, to follow a colon, without a full stop; null
    /// where all is well.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out AgentAddress? address,
        [NotNullWhen(false)] out string? problem)
    {
        address = null;
        problem = Read(text.Trim(), out var host, out var port);
        if (problem is not null)
        {
            return false;
        }

        address = new AgentAddress(host, port);
        return true;
    }

    /// <summary><c>host:port</c>, an IPv6 address in brackets: what <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    private static string? Read(string text, out string host, out int port)
    {
        host = "";
        port = DefaultPort;
        if (text.Length == 0)
        {
            return $"there is nothing; expected {Expected}";
        }

        if (text.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0)
        {
            return $"an address has no scheme; leave out '{Brief(text[..(scheme + 3)])}'";
        }

        if (text[0] == '[')
        {
            return ReadBracketed(text, out host, out port);
        }

        var colon = text.LastIndexOf(':');
        if (colon >= 0 && text.IndexOf(':', StringComparison.Ordinal) != colon)
        {
            return IPAddress.TryParse(text, out _)
                ? $"an IPv6 address goes in brackets: [{text}]:{DefaultPort}"
                : $"it has several colons; expected {Expected}";
        }

        host = (colon < 0 ? text : text[..colon]).ToLowerInvariant();
        return CheckName(host) ?? (colon < 0 ? null : ReadPort(text[(colon + 1)..], out port));
    }

    private static string? ReadBracketed(string text, out string host, out int port)
    {
        host = "";
        port = DefaultPort;
        var end = text.IndexOf(']', StringComparison.Ordinal);
        if (end < 0)
        {
            return "the bracket of the IPv6 address is not closed";
        }

        var inner = text[1..end];
        if (!IPAddress.TryParse(inner, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return $"'{Brief(inner)}' in brackets is not an IPv6 address";
        }

        if (address.Equals(IPAddress.IPv6Any))
        {
            return "'::' is an address to listen on, not one to connect to";
        }

        host = address.ToString();
        var rest = text[(end + 1)..];
        return rest.Length == 0 ? null
            : rest[0] == ':' ? ReadPort(rest[1..], out port)
            : $"'{Brief(rest)}' after the bracket is not a port; expected :1 to :65535";
    }

    private static string? ReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= IPEndPoint.MaxPort
            ? null
            : $"'{Brief(text)}' is not a port; expected 1 to 65535, or nothing and no colon for {DefaultPort}";

    private static string Brief(string text) => MessageText.Shorten(text, 23);

    private static string? CheckName(string host)
    {
        if (host.Length == 0)
        {
            return $"it has no host; expected {Expected}";
        }

        var name = host.EndsWith('.') ? host[..^1] : host;
        var labels = name.Split('.');
        if (host.Length > MaxNameLength || !Array.TrueForAll(labels, IsLabel))
        {
            return $"a host name is letters, digits and hyphens between dots, at most {MaxLabelLength} of them";
        }

        // The system reads "1", "10.7" and "010.0.0.7" as IPv4 addresses, but as others than a user expects.
        var isNumber = labels[^1].All(char.IsAsciiDigit);
        return isNumber && !(IPAddress.TryParse(host, out var address) && address.ToString() == host)
            ? "an IPv4 address is four numbers from 0 to 255, without leading zeros"
            : host == "0.0.0.0" ? "'0.0.0.0' is an address to listen on, not one to connect to"
            : null;
    }

    // Host names have no underscores, but many names of containers do.
    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxLabelLength
        && char.IsAsciiLetterOrDigit(label[0])
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
