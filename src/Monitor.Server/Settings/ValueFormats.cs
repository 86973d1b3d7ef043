using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Monitor.Protocol;
using Level = Microsoft.Extensions.Logging.LogLevel;

namespace Monitor.Server.Settings;

/// <summary>The formats of settings: a name, what is accepted, and the function that reads it.</summary>
public static class ValueFormats
{
    private static readonly string[] SizeUnits = ["", "K", "M", "G", "T"];

    /// <summary>
    /// Where to listen: <c>host:port</c> with an IPv4 address, an IPv6 address in brackets, <c>localhost</c> (which is
    /// 127.0.0.1) or <c>*</c> or nothing for every address, IPv6 included where the machine has it. Port 0 lets the
    /// system choose one.
    /// </summary>
    public static ValueFormat<IPEndPoint> ListenAddress { get; } = new(
        "ADDRESS",
        "host:port, where host is an IPv4 address, an IPv6 address in brackets, localhost, or * for every address, and "
        + "port is 0 to 65535, for example 127.0.0.1:8080, [::1]:8080 or *:8080",
        TryParseListenAddress);

    /// <summary>Any text that is not empty; blanks around it do not count.</summary>
    public static ValueFormat<string> Text { get; } = new("TEXT", "some text", TryParseText);

    /// <summary>A text of at most <see cref="ContractLimits.MaxNodeNameBytes"/>.</summary>
    public static ValueFormat<string> NodeName { get; } = new(
        "NAME",
        $"a name of 1 to {ContractLimits.MaxNodeNameBytes} bytes in UTF-8",
        static (string text, [MaybeNullWhen(false)] out string value) =>
            TryParseText(text, out value) && Encoding.UTF8.GetByteCount(value) <= ContractLimits.MaxNodeNameBytes);

    /// <summary>Path of a file that exists and can be opened for reading.</summary>
    public static ValueFormat<string> ExistingFile { get; } = new(
        "FILE", "the path of a file that exists and can be read", TryParseExistingFile)
    { IsFile = true };

    /// <summary>Path of a folder, which may not be there yet; absolute from here on.</summary>
    public static ValueFormat<string> Folder { get; } = new(
        "FOLDER",
        "the path of a folder",
        static (string text, [MaybeNullWhen(false)] out string value) =>
        {
            var isPath = TryParseText(text, out value) && !value.Contains('\0', StringComparison.Ordinal);
            value = isPath ? Path.GetFullPath(value!) : null;
            return isPath;
        });

    /// <summary>A time since: a number of minutes, hours or days, <c>30m</c>, <c>12h</c> or <c>7d</c>, from a minute to 3650
    /// days.</summary>
    public static ValueFormat<TimeSpan> Age { get; } = new(
        "AGE", "a number of minutes, hours or days, as in 30m, 12h or 7d, from 1m to 3650d", TryParseAge);

    /// <summary>Where a server of REST is: <c>http://host:port</c> or <c>https://host:port</c>.</summary>
    public static ValueFormat<Uri> BaseUrl { get; } = new(
        "URL",
        "http://host:port or https://host:port, for example https://localhost:8080",
        static (string text, [MaybeNullWhen(false)] out Uri value) =>
            Uri.TryCreate(text.Trim(), UriKind.Absolute, out value) && value is { Scheme: "http" or "https", PathAndQuery: "/" });

    /// <summary>A DNS name as certificates have it, without wildcards.</summary>
    public static ValueFormat<string> CertificateName { get; } = new(
        "NAME",
        "a DNS name, for example monitor-agent.monitoring.svc",
        static (string text, [MaybeNullWhen(false)] out string value) =>
            TryParseText(text, out value) && Uri.CheckHostName(value) == UriHostNameType.Dns);

    /// <summary>A web origin as browsers send it, <c>https://host</c> or <c>http://host:port</c>, or <c>*</c> for every
    /// one.</summary>
    public static ValueFormat<string> Origin { get; } = new(
        "ORIGIN",
        "the origin of a web page without a path, for example https://dashboard.example or http://localhost:3000, or * "
        + "for every page",
        TryParseOrigin);

    /// <summary>True or false; the option alone means true.</summary>
    public static ValueFormat<bool> Flag { get; } = new("BOOL", "true or false", bool.TryParse) { IsFlag = true };

    /// <summary>trace, debug, information (info), warning (warn), error, critical or none.</summary>
    public static ValueFormat<Level> LogLevel { get; } = new(
        "LEVEL", "trace, debug, information, warning, error, critical or none", TryParseLogLevel);

    /// <summary>A number of bytes with an optional unit: <c>65536</c>, <c>64MiB</c>, <c>1G</c>. K, M, G and T are
    /// powers of 1024, with or without <c>iB</c> or <c>B</c>.</summary>
    /// <param name="minimum">Least number of bytes that is accepted.</param>
    /// <param name="maximum">Most bytes that are accepted.</param>
    public static ValueFormat<long> Size(long minimum, long maximum) => new(
        "SIZE",
        $"a size in bytes, with a unit such as KiB or MiB if you like, from {FormatSize(minimum)} to {FormatSize(maximum)}",
        (text, out value) => TryParseSize(text, out value) && value >= minimum && value <= maximum);

    /// <summary>A whole number in decimal.</summary>
    /// <param name="minimum">Least number that is accepted.</param>
    /// <param name="maximum">Greatest number that is accepted.</param>
    public static ValueFormat<long> WholeNumber(long minimum, long maximum) => new(
        "NUMBER",
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"),
        (text, out value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && value >= minimum
            && value <= maximum);

    /// <summary>One of a few words, in any case.</summary>
    public static ValueFormat<string> OneOf(params string[] words) => new(
        "WORD",
        string.Join(" or ", words),
        (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
            return value is not null;
        });

    /// <summary>Several values of one format, separated by commas or given one by one. An empty text is an empty
    /// list.</summary>
    public static ValueFormat<IReadOnlyList<T>> ListOf<T>(ValueFormat<T> item) => new(
        item.ValueName + ",...",
        $"values separated by commas, each of them {item.Expected}",
        (string text, [MaybeNullWhen(false)] out IReadOnlyList<T> value) =>
        {
            var items = new List<T>();
            value = items;
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!item.TryParse(part, out var parsed))
                {
                    return false;
                }

                items.Add(parsed);
            }

            return true;
        })
    {
        IsList = true,
    };

    private static bool TryParseText(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text.Trim();
        return value.Length > 0;
    }

    private static bool TryParseAge(string text, out TimeSpan value)
    {
        value = default;
        const long MostMinutes = 3650L * 24 * 60;
        var minutes = text.Length == 0 ? 0 : text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 24 * 60, _ => 0 };
        if (minutes == 0
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number < 1
            || number > MostMinutes / minutes)
        {
            return false;
        }

        value = TimeSpan.FromMinutes(number * minutes);
        return true;
    }

    private static bool TryParseExistingFile(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text;
        try
        {
            using var file = File.OpenRead(text);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            return false;
        }
    }

    private static bool TryParseListenAddress(string text, [MaybeNullWhen(false)] out IPEndPoint value)
    {
        value = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || ParseListenHost(text[..colon]) is not { } address)
        {
            return false;
        }

        value = new IPEndPoint(address, port);
        return true;
    }

    private static IPAddress? ParseListenHost(string host)
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

    private static bool TryParseOrigin(string text, [MaybeNullWhen(false)] out string value)
    {
        value = text;
        if (text == "*")
        {
            return true;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length > 0
            || uri.PathAndQuery is not "/"
            || uri.Fragment.Length > 0
            || text.EndsWith('/'))
        {
            return false;
        }

        // As browsers write it: small letters, no default port.
        value = uri.GetLeftPart(UriPartial.Authority);
        return true;
    }

    private static bool TryParseLogLevel(string text, out Level value)
    {
        Level? level = text.ToLowerInvariant() switch
        {
            "trace" => Level.Trace,
            "debug" => Level.Debug,
            "information" or "info" => Level.Information,
            "warning" or "warn" => Level.Warning,
            "error" => Level.Error,
            "critical" => Level.Critical,
            "none" => Level.None,
            _ => null,
        };
        value = level ?? default;
        return level is not null;
    }

    private static bool TryParseSize(string text, out long value)
    {
        value = 0;
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.IndexOfAnyExceptInRange('0', '9');
        var number = digits < 0 ? trimmed : trimmed[..digits];
        var unit = digits < 0 ? "" : trimmed[digits..].Trim().ToString().ToUpperInvariant();
        var power = Array.FindIndex(SizeUnits, known => unit == known || unit == known + "B" || unit == known + "IB");
        if (power < 0
            || unit == "IB"
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > long.MaxValue >> (10 * power))
        {
            return false;
        }

        value = count << (10 * power);
        return true;
    }

    // With the largest unit that divides it: 67108864 is "64MiB".
    private static string FormatSize(long bytes)
    {
        var unit = 0;
        while (bytes > 0 && bytes % 1024 == 0 && unit < SizeUnits.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + (unit == 0 ? "" : SizeUnits[unit] + "iB");
    }
}
