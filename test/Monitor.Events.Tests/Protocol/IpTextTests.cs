using System.Net;
using System.Text;
using Monitor.Protocol;

namespace Monitor.Events.Tests;

public sealed class IpTextTests
{
    [TestCase("0.0.0.0")]
    [TestCase("255.255.255.255")]
    [TestCase("192.0.2.1")]
    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("1::")]
    [TestCase("2001:db8::1")]
    [TestCase("2001:DB8:0:0:8:800:200C:417A")]
    [TestCase("1:2:3:4:5:6:7::")]
    [TestCase("::2:3:4:5:6:7:8")]
    [TestCase("1:2:3:4:5:6:1.2.3.4")]
    [TestCase("::ffff:192.0.2.1")]
    [TestCase("64:ff9b::192.0.2.33")]
    public void TryParse_Address_AgreesWithTheFramework(string text)
    {
        Assert.That(IpText.TryParse(Encoding.UTF8.GetBytes(text), out var high, out var low), Is.True);

        var expected = IPAddress.Parse(text);
        expected = expected.IsIPv4MappedToIPv6 ? expected.MapToIPv4() : expected;
        Assert.That(IpText.Format(new UInt128(high, low)), Is.EqualTo(expected.ToString()));
    }

    [TestCase("")]
    [TestCase("1")]
    [TestCase("1.2.3")]
    [TestCase("1.2.3.4.5")]
    [TestCase("1.2.3.256")]
    [TestCase("1.2.3.04")]
    [TestCase("1.2.3.4 ")]
    [TestCase("0x7f.0.0.1")]
    [TestCase(":")]
    [TestCase(":::")]
    [TestCase("1::2::3")]
    [TestCase("1:2:3:4:5:6:7")]
    [TestCase("1:2:3:4:5:6:7:8:9")]
    [TestCase("1:2:3:4:5:6:7:8::")]
    [TestCase("::1:2:3:4:5:6:7:8")]
    [TestCase(":1:2:3:4:5:6:7:8")]
    [TestCase("1:2:3:4:5:6:7:")]
    [TestCase("12345::")]
    [TestCase("::1%eth0")]
    [TestCase("[::1]")]
    [TestCase("1:2:3:4:5:6:7:1.2.3.4")]
    [TestCase("::1.2.3.4:5")]
    [TestCase("fe80::g")]
    public void TryParse_NoAddress_ReturnsFalse(string text)
    {
        Assert.That(IpText.TryParse(Encoding.UTF8.GetBytes(text), out _, out _), Is.False);
    }

    [Test]
    public void TryParse_RandomText_AcceptsNothingThatTheFrameworkRefuses()
    {
        var random = new Random(5);
        var accepted = 0;
        for (var round = 0; round < 30_000; round++)
        {
            var text = RandomText(random);
            if (!IpText.TryParse(Encoding.UTF8.GetBytes(text), out var high, out var low))
            {
                continue;
            }

            accepted++;
            Assert.That(IPAddress.TryParse(text, out var expected), Is.True, text);
            Assert.That(
                IpText.Format(new UInt128(high, low)),
                Is.EqualTo((expected!.IsIPv4MappedToIPv6 ? expected.MapToIPv4() : expected).ToString()),
                text);
        }

        Assert.That(accepted, Is.GreaterThan(50));
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        for (var parts = random.Next(1, 12); parts > 0; parts--)
        {
            text.Append(random.Next(6) switch
            {
                0 => "::",
                1 => ".",
                2 or 3 => ":",
                _ => "",
            });
            text.Append(random.Next(3) == 0 ? random.Next(300).ToString() : random.Next(70_000).ToString("x"));
        }

        return text.ToString();
    }
}
