using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Agent.Kubernetes;
using Monitor.Bpf.Kernel;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Tests.Kubernetes;

/// <summary>The pod of a packet that no process caused: by its addresses. Pods of processes are tested with real cgroups, in
/// Monitor.Kubernetes.Tests.</summary>
internal sealed class PodNamesTests
{
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private NodeAttribution _attribution = null!;
    private PodNames _names = null!;

    [SetUp]
    public void SetUp()
    {
        _attribution = new NodeAttribution(
            new AttributionOptions { CgroupMount = null }, Inode.Of, TimeProvider.System, NullLogger<NodeAttribution>.Instance);
        var view = new ClusterView(new ClusterViewOptions(), TimeProvider.System);
        view.Pods.Replace([Pod("web", "10.1.0.1"), Pod("db", "10.1.0.2"), Pod("host", "10.0.0.1", isHostNetwork: true)]);
        _names = new PodNames(_attribution, view);
    }

    [TearDown]
    public void TearDown() => _attribution.Dispose();

    [TestCase("10.1.0.1", "10.1.0.2", "web", TestName = "the sender's")]
    [TestCase("192.0.2.1", "10.1.0.2", "db", TestName = "else the receiver's")]
    [TestCase("10.1.0.1", "192.0.2.1", "web", TestName = "the sender's, to the world")]
    [TestCase("10.0.0.1", "192.0.2.1", null, TestName = "never one that has its node's address")]
    [TestCase("192.0.2.1", "192.0.2.2", null, TestName = "nobody's")]
    public void Packet_IsOf(string source, string destination, string? pod)
    {
        var found = Event.Parser.ParseFrom(_names.OfPacket(Bytes(source), Bytes(destination), Now * 1_000_000).Encoded);

        Assert.Multiple(() =>
        {
            Assert.That(found.HasK8SPodName ? found.K8SPodName : null, Is.EqualTo(pod));
            Assert.That(found.Attribution, Is.EqualTo(pod is null ? Attribution.NoProcess : Attribution.Address));
            Assert.That(found.K8SWorkloadName, Is.EqualTo(pod ?? ""));
        });
    }

    [Test]
    public void Attribution_ThatHasNoRoom_IsDegradedAndSaysWhy()
    {
        var statistics = _attribution.Statistics;

        var good = NodeKubernetes.AttributionHealth(statistics);
        var bad = NodeKubernetes.AttributionHealth(statistics with { NoRoom = "a pod has more than 256 cgroups: shop/web-0" });

        Assert.That((good.Name, good.Status), Is.EqualTo(("kubernetes/attribution", HealthStatus.Healthy)));
        Assert.That((bad.Name, bad.Status), Is.EqualTo(("kubernetes/attribution", HealthStatus.Degraded)));
        Assert.That(bad.Message, Does.EndWith("shop/web-0"));
    }

    [Test]
    public void Packet_WithoutAddresses_HasNoPod()
    {
        Assert.That(
            Event.Parser.ParseFrom(_names.OfPacket([], [], Now * 1_000_000).Encoded), Is.EqualTo(new Event { Attribution = Attribution.NoProcess }));
    }

    private static Pod Pod(string name, string address, bool isHostNetwork = false) => new()
    {
        Uid = Guid.NewGuid(),
        CgroupUid = Guid.NewGuid(),
        Namespace = "shop",
        Name = name,
        IsHostNetwork = isHostNetwork,
        Workload = new Workload("Deployment", name),
        Started = Now - 1000,
        Addresses = [IpKey.Of(IPAddress.Parse(address))],
    };

    private static byte[] Bytes(string address) => IPAddress.Parse(address).MapToIPv6().GetAddressBytes();
}
