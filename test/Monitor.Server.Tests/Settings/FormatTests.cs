using System.Net;
using System.Net.Sockets;
using Monitor.Server.Settings;

namespace Monitor.Server.Tests.Settings;

internal sealed class FormatTests
{
    [TestCase("127.0.0.1:8080", "127.0.0.1:8080")]
    [TestCase("localhost:1", "127.0.0.1:1")]
    [TestCase("[::1]:8080", "[::1]:8080")]
    [TestCase("[2001:db8::1]:0", "[2001:db8::1]:0")]
    public void ListenAddress_OfAGoodText_IsRead(string text, string expected)
    {
        Assert.That(ValueFormats.ListenAddress.TryParse(text, out var address), Is.True);
        Assert.That(address!.ToString(), Is.EqualTo(expected));
    }

    [TestCase("*:8080")]
    [TestCase(":8080")]
    public void ListenAddress_WithoutAHost_IsEveryAddress(string text)
    {
        Assert.That(ValueFormats.ListenAddress.TryParse(text, out var address), Is.True);
        Assert.That(
            address, Is.EqualTo(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 8080)));
    }

    [TestCase("")]
    [TestCase("8080")]
    [TestCase("127.0.0.1")]
    [TestCase("127.0.0.1:")]
    [TestCase("127.0.0.1:65536")]
    [TestCase("127.0.0.1:-1")]
    [TestCase("127.1:80")]
    [TestCase("127.0.0.01:80")]
    [TestCase("256.0.0.1:80")]
    [TestCase("::1:8080")]
    [TestCase("[127.0.0.1]:80")]
    [TestCase("[]:80")]
    [TestCase("example.org:80")]
    public void ListenAddress_OfABadText_IsRefused(string text) =>
        Assert.That(ValueFormats.ListenAddress.TryParse(text, out _), Is.False);

    [TestCase("*", "*")]
    [TestCase("https://dashboard.example", "https://dashboard.example")]
    [TestCase("HTTP://LOCALHOST:3000", "http://localhost:3000")]
    [TestCase("https://a.example:443", "https://a.example")]
    public void Origin_OfAGoodText_IsReadAsBrowsersWriteIt(string text, string expected)
    {
        Assert.That(ValueFormats.Origin.TryParse(text, out var origin), Is.True);
        Assert.That(origin, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("dashboard.example")]
    [TestCase("https://a.example/")]
    [TestCase("https://a.example/path")]
    [TestCase("https://me@a.example")]
    [TestCase("ftp://a.example")]
    [TestCase("https://*")]
    public void Origin_OfABadText_IsRefused(string text) =>
        Assert.That(ValueFormats.Origin.TryParse(text, out _), Is.False);

    [TestCase("1048576", 1L << 20)]
    [TestCase("64MiB", 64L << 20)]
    [TestCase("64 mib", 64L << 20)]
    [TestCase("1G", 1L << 30)]
    [TestCase("1gb", 1L << 30)]
    [TestCase("1024K", 1L << 20)]
    [TestCase("1T", 1L << 40)]
    public void Size_OfAGoodText_IsRead(string text, long expected)
    {
        Assert.That(ValueFormats.Size(1 << 20, 1L << 40).TryParse(text, out var size), Is.True);
        Assert.That(size, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("MiB")]
    [TestCase("-1M")]
    [TestCase("1.5G")]
    [TestCase("1X")]
    [TestCase("1iB")]
    [TestCase("1048575")]
    [TestCase("2T")]
    [TestCase("99999999999999999999")]
    [TestCase("9223372036854775807T")]
    public void Size_OfABadText_IsRefused(string text) =>
        Assert.That(ValueFormats.Size(1 << 20, 1L << 40).TryParse(text, out _), Is.False);

    [TestCase("5", true)]
    [TestCase("-5", true)]
    [TestCase("11", false)]
    [TestCase("1e1", false)]
    [TestCase("1,0", false)]
    [TestCase(" 1", false)]
    public void WholeNumber_OfAText_IsReadWhereItIsInRange(string text, bool accepted) =>
        Assert.That(ValueFormats.WholeNumber(-10, 10).TryParse(text, out _), Is.EqualTo(accepted));
}
