using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Monitor.ClickHouse;

/// <summary>Where ClickHouse's HTTP interface is: <c>http(s)://[user@]host[:port]/database</c>.</summary>
public sealed class ArchiveUrl
{
    private const int HttpPort = 8123;
    private const int HttpsPort = 8443;

    private ArchiveUrl(Uri uri, string user, string database)
    {
        IsTls = uri.Scheme == Uri.UriSchemeHttps;
        Host = uri.IdnHost;
        // Without a port it is what ClickHouse listens on, not what the web does.
        var isGiven = uri.OriginalString.Contains(string.Create(CultureInfo.InvariantCulture, $":{uri.Port}/"), StringComparison.Ordinal);
        Port = isGiven ? (ushort)uri.Port : (ushort)(IsTls ? HttpsPort : HttpPort);
        IsOnThisMachine = uri.IsLoopback;
        User = user;
        Database = database;
    }

    /// <summary>What is accepted, for messages.</summary>
    public const string Expected =
        "http://user@host:8123/database or https://user@host:8443/database, without a password, which goes into a file of its own";

    /// <summary>Whether requests go over TLS.</summary>
    public bool IsTls { get; }

    /// <summary>Name or address, IPv6 without brackets.</summary>
    public string Host { get; }

    /// <summary>Port; 8123 where the URL has none, 8443 with TLS.</summary>
    public ushort Port { get; }

    /// <summary>Whether the host is this machine.</summary>
    public bool IsOnThisMachine { get; }

    /// <summary>The user; <c>default</c> where the URL has none.</summary>
    public string User { get; }

    /// <summary>The database.</summary>
    public string Database { get; }

    /// <summary>Reads a URL.</summary>
    public static bool TryParse(string text, [MaybeNullWhen(false)] out ArchiveUrl url)
    {
        url = null;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.Host.Length == 0
            || uri.UserInfo.Contains(':', StringComparison.Ordinal)
            || uri.Query.Length > 0
            || uri.Fragment.Length > 0
            || uri.Segments is not [_, { } database]
            || database.EndsWith('/'))
        {
            return false;
        }

        url = new ArchiveUrl(uri, uri.UserInfo.Length == 0 ? "default" : Uri.UnescapeDataString(uri.UserInfo), Uri.UnescapeDataString(database));
        return true;
    }

    /// <summary>For messages.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(IsTls ? "https" : "http")}://{User}@{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}/{Database}");
}
