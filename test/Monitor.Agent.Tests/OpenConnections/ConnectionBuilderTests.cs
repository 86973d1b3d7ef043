using System.Net;
using Monitor.Agent.Encoding;
using Monitor.Agent.OpenConnections;
using Monitor.V1;

namespace Monitor.Agent.Tests.OpenConnections;

/// <summary>What a socket becomes, without a kernel.</summary>
internal sealed class ConnectionBuilderTests
{
    [Test]
    public void Pod_OfTheProcess_IsThatOfItsCgroup()
    {
        var pods = new Pods();
        var record = Record(SocketState.Established);
        record.Kind = OpenConnectionKind.OfProcess;
        (record.CgroupId, record.Pid) = (77, 9);

        var connection = Build(record, pods);

        Assert.That((connection.K8SPodName, connection.K8SNamespace, connection.K8SContainerName), Is.EqualTo(("web-0", "shop", "app")));
        Assert.That((connection.K8SWorkloadKind, connection.K8SWorkloadName, connection.K8SNodeName), Is.EqualTo(("StatefulSet", "web", "node")));
        Assert.That(connection.Attribution, Is.EqualTo(Attribution.Cgroup));
        Assert.That(pods.Asked, Is.EqualTo("socket 77 9"));
    }

    [Test]
    public void Pod_WithoutProcessAndCgroup_IsThatOfTheLocalAddress()
    {
        var pods = new Pods();
        var record = Record(SocketState.TimeWait);
        record.Kind = OpenConnectionKind.Small;

        var connection = Build(record, pods);

        Assert.That(pods.Asked, Is.EqualTo("packet 10.0.0.1 10.0.0.1"));
        Assert.That((connection.HasPid, connection.HasCgroupId, connection.HasConnectionId, connection.HasBytesSent), Is.EqualTo((false, false, false, false)));
    }

    [TestCase(SocketState.Established, false, ConnectionDirection.Unspecified, "10.0.0.1:1000 10.0.0.2:2000")]
    [TestCase(SocketState.Established, true, ConnectionDirection.Inbound, "10.0.0.2:2000 10.0.0.1:1000")]
    [TestCase(SocketState.SynSent, true, ConnectionDirection.Outbound, "10.0.0.1:1000 10.0.0.2:2000")]
    [TestCase(SocketState.NewSynRecv, false, ConnectionDirection.Inbound, "10.0.0.2:2000 10.0.0.1:1000")]
    [TestCase(SocketState.Listen, true, ConnectionDirection.Unspecified, ":0 10.0.0.1:1000")]
    public void Source_IsTheSideThatOpened(SocketState state, bool hasListener, ConnectionDirection direction, string sides)
    {
        var connection = Build(Record(state), null, hasListener);

        Assert.That(connection.Direction, Is.EqualTo(direction));
        Assert.That(
            $"{connection.SourceIp}:{connection.SourcePort} {connection.DestinationIp}:{connection.DestinationPort}", Is.EqualTo(sides));
    }

    [Test]
    public void Rtt_WithoutASample_IsUnset()
    {
        var record = Record(SocketState.Established);
        record.MinimumRttUs = uint.MaxValue;

        var connection = Build(record, null);

        Assert.That((connection.SmoothedRtt, connection.MinimumRtt), Is.EqualTo(((object?)null, (object?)null)));
    }

    private static OpenConnection Build(OpenConnectionRecord record, PodLookup? pods, bool hasListener = false) =>
        new ConnectionBuilder("node", pods, null).Build(
            new Socket(record), ConnectionBuilder.NameOf(record.State)!, hasListener, 5);

    private static OpenConnectionRecord Record(SocketState state)
    {
        var record = new OpenConnectionRecord { State = state, Kind = OpenConnectionKind.OfTable, LocalPort = 1000, RemotePort = 2000 };
        IPAddress.Parse("::ffff:10.0.0.1").GetAddressBytes().CopyTo((Span<byte>)record.Local);
        IPAddress.Parse("::ffff:10.0.0.2").GetAddressBytes().CopyTo((Span<byte>)record.Remote);
        return record;
    }

    private sealed class Pods : PodLookup
    {
        private readonly PodFields _fields = new(Attribution.Cgroup, "shop", "web-0", "app", "StatefulSet", "web");

        public string Asked { get; private set; } = "";

        public override PodFields OfProcess(ulong cgroupId, uint pid) => throw new AssertionException("it is for the reader alone");

        public override PodFields OfSocket(ulong cgroupId, uint pid)
        {
            Asked = $"socket {cgroupId} {pid}";
            return _fields;
        }

        public override PodFields OfPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, long timeUnixNanos)
        {
            Asked = $"packet {new IPAddress(source).MapToIPv4()} {new IPAddress(destination).MapToIPv4()}";
            return _fields;
        }
    }
}
