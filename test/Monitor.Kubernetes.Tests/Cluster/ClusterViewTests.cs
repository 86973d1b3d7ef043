using System.Net;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Tests.Support;

namespace Monitor.Kubernetes.Tests.Cluster;

internal sealed class ClusterViewTests
{
    private ManualTime _time = null!;
    private ClusterView _view = null!;

    private long Now => _time.NowMs;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTime();
        _view = new ClusterView(new ClusterViewOptions { MaxAddresses = 1000 }, _time);
    }

    [Test]
    public void Pod_FromItsStartToItsEnd_HasItsAddress()
    {
        var pod = Pod("a", "10.1.0.1", Now);
        _view.Pods.Upsert(pod);
        _time.Advance(TimeSpan.FromMinutes(1));
        _view.Pods.Remove(pod);

        Assert.Multiple(() =>
        {
            Assert.That(Find("10.1.0.1", Now - 60_001), Is.Null);
            Assert.That(Find("10.1.0.1", Now - 60_000), Is.EqualTo("Pod n/a"));
            Assert.That(Find("10.1.0.1", Now - 1), Is.EqualTo("Pod n/a"));
            Assert.That(Find("10.1.0.1", Now), Is.Null);
            Assert.That(Find("10.1.0.2", Now - 1), Is.Null);
        });
    }

    /// <summary>The new pod was started by its node before the old one was known to be gone.</summary>
    [Test]
    public void Address_UsedAgain_ChangesItsOwnerWhenTheOldPodEnded()
    {
        var old = Pod("old", "10.1.0.1", Now - 100_000);
        _view.Pods.Upsert(old);
        _view.Pods.Remove(Pod("old", "10.1.0.1", Now - 100_000, uid: old.Uid, ended: Now - 10_000));
        _view.Pods.Upsert(Pod("new", "10.1.0.1", Now - 20_000));

        Assert.Multiple(() =>
        {
            Assert.That(Find("10.1.0.1", Now - 20_001), Is.EqualTo("Pod n/old"));
            Assert.That(Find("10.1.0.1", Now - 10_001), Is.EqualTo("Pod n/old"));
            Assert.That(Find("10.1.0.1", Now - 10_000), Is.EqualTo("Pod n/new"));
            Assert.That(Find("10.1.0.1", Now), Is.EqualTo("Pod n/new"));
        });
    }

    [Test]
    public void Address_ThatTwoPodsClaim_IsTheLaters()
    {
        _view.Pods.Upsert(Pod("later", "10.1.0.1", Now - 1000));
        _view.Pods.Upsert(Pod("earlier", "10.1.0.1", Now - 5000));

        Assert.Multiple(() =>
        {
            Assert.That(Find("10.1.0.1", Now - 1001), Is.EqualTo("Pod n/earlier"));
            Assert.That(Find("10.1.0.1", Now), Is.EqualTo("Pod n/later"));
        });
    }

    [Test]
    public void Pod_OnTheNodesNetwork_NeverHasTheNodesAddress()
    {
        _view.Pods.Upsert(Pod("host", "192.0.2.9", Now - 10, hostNetwork: true));
        Assert.That(Find("192.0.2.9", Now), Is.Null, "the node is not known");

        // A pod that lies about its address, or an address that moved from one to the other.
        _view.Pods.Upsert(Pod("liar", "192.0.2.9", Now - 5));
        _view.Nodes.Upsert(new Node(Guid.NewGuid(), "node-1", Now - 100, [Key("192.0.2.9")]));

        Assert.That(Find("192.0.2.9", Now), Is.EqualTo("Node node-1"));
        Assert.That(Find("192.0.2.9", Now - 3), Is.EqualTo("Node node-1"));
    }

    [Test]
    public void Service_WithANodesAddress_GivesWayToTheNode()
    {
        _view.Services.Upsert(new Service(Guid.NewGuid(), "n", "web", Now - 5, [Key("10.96.0.7"), Key("192.0.2.9")], []));
        _view.Nodes.Upsert(new Node(Guid.NewGuid(), "node-1", Now - 100, [Key("192.0.2.9")]));

        Assert.That(Find("10.96.0.7", Now), Is.EqualTo("Service n/web"));
        Assert.That(Find("192.0.2.9", Now), Is.EqualTo("Node node-1"));
    }

    /// <summary>Whoever may make services can name any addresses as external ones of his.</summary>
    [Test]
    public void Service_WithExternalAddresses_TakesNobodysAddress()
    {
        var evil = new Service(Guid.NewGuid(), "evil", "evil", Now - 10, [Key("10.96.0.9")], [Key("10.96.0.7"), Key("203.0.113.7"), Key("203.0.113.8")]);
        _view.Services.Upsert(evil);
        _view.Services.Upsert(new Service(Guid.NewGuid(), "n", "payments", Now - 5, [Key("10.96.0.7")], []));
        _view.Services.Upsert(new Service(Guid.NewGuid(), "n", "earlier", Now - 50, [Key("10.96.0.8")], [Key("203.0.113.7")]));
        _view.Services.Upsert(new Service(Guid.NewGuid(), "n", "later", Now - 3, [Key("10.96.0.6")], [Key("203.0.113.7"), Key("203.0.113.8")]));

        Assert.Multiple(() =>
        {
            Assert.That(Find("10.96.0.7", Now), Is.EqualTo("Service n/payments"));
            Assert.That(Find("203.0.113.7", Now), Is.EqualTo("Service n/earlier"), "who named it first has it");
            Assert.That(Find("203.0.113.8", Now), Is.EqualTo("Service evil/evil"));
        });
        // What was only claimed is given by the load balancer, and back again.
        _view.Services.Upsert(evil with { Addresses = [.. evil.Addresses, Key("203.0.113.8")], ExternalAddresses = [Key("10.96.0.7"), Key("203.0.113.7")] });
        Assert.That(Find("203.0.113.8", Now), Is.EqualTo("Service evil/evil"));
        _view.Services.Upsert(evil);
        Assert.That(Find("203.0.113.8", Now), Is.EqualTo("Service n/later"));
        _view.Services.Remove(evil);
        Assert.That(Find("203.0.113.8", Now), Is.EqualTo("Service n/later"));
        Assert.That(Find("10.96.0.9", Now), Is.Null);
    }

    /// <summary>A Job's pod stays listed long after it gave its address back.</summary>
    [Test]
    public void Pod_ThatIsOver_HasNoAddressSinceItsEnd()
    {
        _view.Pods.Replace(
        [
            Pod("done", "10.1.0.1", Now - 50_000, over: true, ended: Now - 20_000),
            Pod("long ago", "10.1.0.2", Now - 9_000_000, over: true, ended: Now - 8_000_000),
            Pod("nobody knows when", "10.1.0.3", Now - 50_000, over: true),
        ]);

        Assert.Multiple(() =>
        {
            Assert.That(Find("10.1.0.1", Now - 30_000), Is.EqualTo("Pod n/done"));
            Assert.That(Find("10.1.0.1", Now - 20_000), Is.Null);
            Assert.That(Find("10.1.0.2", Now - 8_500_000), Is.Null);
            Assert.That(Find("10.1.0.3", Now - 1), Is.Null);
        });
    }

    [Test]
    public void Pod_ThatEndsWhileItIsWatched_KeepsItsTime()
    {
        var pod = Pod("job", "10.1.0.1", Now - 50_000);
        _view.Pods.Upsert(pod);
        _view.Pods.Upsert(Pod("job", "10.1.0.1", Now - 50_000, uid: pod.Uid, over: true, ended: Now - 20_000));
        _view.Pods.Upsert(Pod("job", "10.1.0.1", Now - 50_000, uid: pod.Uid, over: true, ended: Now - 20_000));

        Assert.That(Find("10.1.0.1", Now - 30_000), Is.EqualTo("Pod n/job"));
        Assert.That(Find("10.1.0.1", Now - 10_000), Is.Null);
    }

    [Test]
    public void List_ThatLacksAPod_EndsIt()
    {
        var stays = Pod("stays", "10.1.0.1", Now - 10);
        _view.Pods.Replace([stays, Pod("goes", "10.1.0.2", Now - 10)]);

        _view.Pods.Replace([stays]);

        Assert.That(Find("10.1.0.1", Now), Is.EqualTo("Pod n/stays"));
        Assert.That(Find("10.1.0.2", Now), Is.Null);
        Assert.That(Find("10.1.0.2", Now - 1), Is.EqualTo("Pod n/goes"));
    }

    [Test]
    public void End_LongAgo_IsForgotten()
    {
        var pod = Pod("a", "10.1.0.1", Now);
        _view.Pods.Upsert(pod);
        _view.Pods.Upsert(Pod("b", "10.1.0.2", Now));
        _time.Advance(TimeSpan.FromMinutes(1));
        _view.Pods.Remove(pod);
        _view.Forget();
        Assert.That(_view.Statistics.Addresses, Is.EqualTo(2));

        _time.Advance(TimeSpan.FromMinutes(11));
        _view.Forget();

        Assert.That(_view.Statistics.Addresses, Is.EqualTo(1));
        Assert.That(Find("10.1.0.2", Now), Is.EqualTo("Pod n/b"));
    }

    [Test]
    public void Addresses_BeyondTheLimit_AreRefusedAndCounted()
    {
        _view.Pods.Replace([.. Enumerable.Range(0, 1200).Select(i => Pod($"p{i}", $"10.1.{i / 250}.{i % 250 + 1}", Now))]);

        Assert.That(_view.Statistics.Addresses, Is.EqualTo(1000));
        Assert.That(_view.Statistics.Refused, Is.EqualTo(200));
    }

    /// <summary>One address, a hundred owners a minute, for twenty minutes: each moment has the right one, and no more is kept
    /// than the limit.</summary>
    [Test]
    public void Address_UsedWithoutEnd_IsBounded()
    {
        for (var i = 0; i < 2000; i++)
        {
            var pod = Pod($"p{i}", "10.1.0.1", Now);
            _view.Pods.Upsert(pod);
            _time.Advance(TimeSpan.FromMilliseconds(600));
            _view.Pods.Remove(pod);
        }

        Assert.Multiple(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.That(Find("10.1.0.1", Now - 1 - (i * 600)), Is.EqualTo($"Pod n/p{1999 - i}"));
            }

            Assert.That(_view.Statistics.Refused, Is.GreaterThan(0));
        });
    }

    [Test]
    public void Lookup_WhileAddressesChange_SeesTheOldOwnerOrTheNew()
    {
        _view.Pods.Upsert(Pod("steady", "10.1.0.1", Now));
        var changes = Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var pod = Pod("x", $"10.2.0.{(i % 200) + 1}", Now);
                _view.Pods.Upsert(pod);
                _view.Pods.Remove(pod);
                _view.Forget();
            }
        });

        while (!changes.IsCompleted)
        {
            Assert.That(Find("10.1.0.1", Now), Is.EqualTo("Pod n/steady"));
        }

        Assert.That(changes.IsCompletedSuccessfully, Is.True);
    }

    private static UInt128 Key(string address) => IpKey.Of(IPAddress.Parse(address));

    private static Pod Pod(
        string name, string address, long started, bool hostNetwork = false, bool over = false, long? ended = null, Guid? uid = null) => new()
        {
            Uid = uid ?? Guid.NewGuid(),
            CgroupUid = Guid.NewGuid(),
            Namespace = "n",
            Name = name,
            NodeName = "node-1",
            IsHostNetwork = hostNetwork,
            IsOver = over,
            Started = started,
            Ended = ended,
            Addresses = [Key(address)],
        };

    private string? Find(string address, long time) =>
        _view.Find(IPAddress.Parse(address).MapToIPv6().GetAddressBytes(), time * 1_000_000)?.ToString();
}
