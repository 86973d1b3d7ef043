using System.Net;
using Monitor.Aggregator.Kubernetes;
using Monitor.Events;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Kubernetes;

/// <summary>Whose the other address of an event is, and how it is told.</summary>
internal sealed class PeerNamesTests
{
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private readonly ClusterView _view = new(new ClusterViewOptions(), TimeProvider.System);
    private readonly EventTypeTable _types = new();

    [SetUp]
    public void SetUp()
    {
        _view.Pods.Replace([Pod("web", "10.1.0.1"), Pod("db", "10.1.0.2")]);
        _view.Services.Replace([]);
    }

    [Test]
    public void Destination_OfAPod_IsThePeerWithItsWorkload()
    {
        var peer = Find(new Event { SourceIp = "10.1.0.1", DestinationIp = "10.1.0.2", K8SPodName = "web", K8SNamespace = "shop" });

        Assert.Multiple(() =>
        {
            Assert.That(peer!.PeerPodName, Is.EqualTo("db"));
            Assert.That(peer.PeerNamespace, Is.EqualTo("shop"));
            Assert.That(peer.PeerWorkloadKind, Is.EqualTo("StatefulSet"));
            Assert.That(peer.PeerWorkloadName, Is.EqualTo("db"));
            Assert.That(peer.PeerNodeName, Is.EqualTo("node-2"));
        });
    }

    [Test]
    public void Destination_ThatIsTheEventsOwnPod_MakesTheSenderThePeer()
    {
        var peer = Find(new Event { SourceIp = "10.1.0.1", DestinationIp = "10.1.0.2", K8SPodName = "db", K8SNamespace = "shop" });

        Assert.That(peer!.PeerPodName, Is.EqualTo("web"));
    }

    [Test]
    public void Pod_OfTheSameNameElsewhere_IsAPeerAllTheSame()
    {
        var peer = Find(new Event { SourceIp = "10.1.0.1", DestinationIp = "10.1.0.2", K8SPodName = "db", K8SNamespace = "other" });

        Assert.That(peer!.PeerPodName, Is.EqualTo("db"));
    }

    [TestCase("192.0.2.1")]
    [TestCase(null)]
    public void Destination_OfNobody_HasNoPeer(string? destination)
    {
        var one = new Event { SourceIp = "10.1.0.1" };
        if (destination is not null)
        {
            one.DestinationIp = destination;
        }

        Assert.That(Find(one), Is.Null);
    }

    [Test]
    public void Event_BeforeThePodWas_HasNoPeer()
    {
        Assert.That(Find(new Event { SourceIp = "10.1.0.1", DestinationIp = "10.1.0.2" }, Now - 100_000), Is.Null);
    }

    private static Pod Pod(string name, string address) => new()
    {
        Uid = Guid.NewGuid(),
        CgroupUid = Guid.NewGuid(),
        Namespace = "shop",
        Name = name,
        NodeName = "node-2",
        Workload = new Workload("StatefulSet", name),
        Started = Now - 1000,
        Addresses = [IpKey.Of(IPAddress.Parse(address))],
    };

    // The peer's fields as an event; null where there are none.
    private Event? Find(Event one, long? timeMs = null)
    {
        one.Type = "connection";
        one.Id = "1";
        one.NodeName = "node-1";
        one.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(timeMs ?? Now));
        _types.GetOrAdd("connection");
        Assert.That(EventColumns.TryParse(Google.Protobuf.MessageExtensions.ToByteArray(one), _types, out var columns), Is.True);
        var fields = new PeerNames(_view).Find(columns);
        return fields.IsEmpty ? null : Event.Parser.ParseFrom(fields);
    }
}
