using System.Net;
using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Tests.Discovery;

internal sealed class AgentAddressTests
{
    [TestCase("node-1:50051", "node-1", 50051, "node-1:50051")]
    [TestCase("node-1", "node-1", 50051, "node-1:50051")]
    [TestCase("  Node-1.Example:7  ", "node-1.example", 7, "node-1.example:7")]
    [TestCase("my_node:1", "my_node", 1, "my_node:1")]
    [TestCase("node.example.:1", "node.example.", 1, "node.example.:1")]
    [TestCase("10.0.0.7:65535", "10.0.0.7", 65535, "10.0.0.7:65535")]
    [TestCase("10.0.0.7", "10.0.0.7", 50051, "10.0.0.7:50051")]
    [TestCase("[FD00:0::7]:50051", "fd00::7", 50051, "[fd00::7]:50051")]
    [TestCase("[::1]", "::1", 50051, "[::1]:50051")]
    public void Address_Good_IsRead(string text, string host, int port, string written)
    {
        Assert.That(AgentAddress.TryParse(text, out var address, out var problem), problem);

        Assert.That((address!.Host, address.Port, address.ToString()), Is.EqualTo((host, port, written)));
        Assert.That(AgentAddress.TryParse(written, out var again, out _) && again == address);
        Assert.That(address.UriWith(tls: true).Port, Is.EqualTo(port));
        Assert.That(address.UriWith(tls: false).DnsSafeHost, Is.EqualTo(host));
    }

    [TestCase("", "nothing")]
    [TestCase(":50051", "no host")]
    [TestCase("node-1:", "'' is not a port")]
    [TestCase("node-1:0", "'0' is not a port")]
    [TestCase("node-1:65536", "'65536' is not a port")]
    [TestCase("node-1:http", "'http' is not a port")]
    [TestCase("node-1:+1", "'+1' is not a port")]
    [TestCase("node-1:50051/", "'50051/' is not a port")]
    [TestCase("http://node-1:50051", "leave out 'http://'")]
    [TestCase("::1", "in brackets: [::1]:50051")]
    [TestCase("fd00::7:50051", "in brackets")]
    [TestCase("a:b:1", "several colons")]
    [TestCase("[::1", "not closed")]
    [TestCase("[10.0.0.7]:1", "not an IPv6 address")]
    [TestCase("[::1]x:11111111111111111111111111111", "...")]
    [TestCase("[::1]50051", "after the bracket")]
    [TestCase("node 1:50051", "host name is")]
    [TestCase("node..1", "host name is")]
    [TestCase("-node", "host name is")]
    [TestCase("nöde", "host name is")]
    [TestCase("*:50051", "host name is")]
    [TestCase("1:50051", "IPv4 address is")]
    [TestCase("10.7:50051", "IPv4 address is")]
    [TestCase("10.0.0.256:50051", "IPv4 address is")]
    [TestCase("10.0.0.07:50051", "IPv4 address is")]
    [TestCase("0.0.0.0:50051", "not one to connect to")]
    [TestCase("[::]:50051", "not one to connect to")]
    public void Address_Bad_SaysWhatIsWrong(string text, string mentions)
    {
        Assert.That(AgentAddress.TryParse(text, out var address, out var problem), Is.False);

        Assert.That(address, Is.Null);
        Assert.That(problem, Does.Contain(mentions).And.Not.EndsWith("."));
    }

    [Test]
    public void Of_IPv6_WritesBrackets()
    {
        Assert.That(AgentAddress.Of(IPAddress.IPv6Loopback, 7).ToString(), Is.EqualTo("[::1]:7"));
        Assert.That(() => AgentAddress.Of(IPAddress.Loopback, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
