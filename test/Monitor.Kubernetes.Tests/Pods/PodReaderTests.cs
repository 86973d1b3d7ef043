using System.Text.Json;
using Monitor.Kubernetes.Cgroups;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;

namespace Monitor.Kubernetes.Tests.Pods;

internal sealed class PodReaderTests
{
    [Test]
    public void Pod_OfADeployment_HasAllThatIsKept()
    {
        var pod = Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Watching", "pod.json")), out var version)!;

        Assert.Multiple(() =>
        {
            Assert.That(version, Is.EqualTo("4711"));
            Assert.That(pod.Uid, Is.EqualTo(Guid.Parse("3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10")));
            Assert.That(pod.CgroupUid, Is.EqualTo(pod.Uid));
            Assert.That((pod.Namespace, pod.Name, pod.NodeName), Is.EqualTo(("shop", "web-5d9c7b6f4d-x2k9p", "node-1")));
            Assert.That(pod.Workload, Is.EqualTo(new Workload("Deployment", "web")));
            Assert.That(pod.Addresses.Select(address => IpKey.ToAddress(address).ToString()), Is.EqualTo(new[] { "10.1.0.7", "fd00:10:1::7" }));
            Assert.That(DateTimeOffset.FromUnixTimeMilliseconds(pod.Started), Is.EqualTo(new DateTimeOffset(2026, 11, 24, 12, 0, 1, TimeSpan.Zero)));
            Assert.That(pod.IsOver, Is.False);
            Assert.That(pod.Ended, Is.Null);
            Assert.That(Name('a'), Is.EqualTo("migrate"));
            Assert.That(Name('b'), Is.EqualTo("app"), "the run before");
            Assert.That(Name('c'), Is.EqualTo("app"));
            Assert.That(Name('d'), Is.EqualTo("proxy"));
            Assert.That(Name('e'), Is.Null);
            Assert.That(Name('e', hint: "proxy"), Is.EqualTo("proxy"));
            Assert.That(Name('e', hint: "forged"), Is.Null);
        });

        string? Name(char digit, string? hint = null) =>
            pod.ContainerName(ContainerId.TryParse(new string(digit, 64), out var id) ? id : default, hint);
    }

    [Test]
    public void Pod_ThatIsStatic_IsKnownByTheHashOfItsConfiguration()
    {
        var pod = Read("""
            {"metadata":{"name":"etcd-node-1","namespace":"kube-system","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10",
            "annotations":{"kubernetes.io/config.hash":"8d4fb1c7a52d5c1a8ad5e0b2c7ce4d5b","kubernetes.io/config.mirror":"8d4fb1c7a52d5c1a8ad5e0b2c7ce4d5b"},
            "ownerReferences":[{"kind":"Node","name":"node-1","controller":true}]},"spec":{"hostNetwork":true},
            "status":{"phase":"Running","startTime":"2026-11-24T12:00:00Z"}}
            """, out _)!;

        Assert.Multiple(() =>
        {
            Assert.That(pod.CgroupUid, Is.EqualTo(Guid.Parse("8d4fb1c7a52d5c1a8ad5e0b2c7ce4d5b")));
            Assert.That(pod.IsHostNetwork, Is.True);
            Assert.That(pod.Workload, Is.EqualTo(new Workload("Node", "node-1")));
        });
    }

    /// <summary>Whoever may make pods can write the annotation, but neither a status nor what a node calls its static pods.</summary>
    [TestCase("8d4fb1c7a52d5c1a8ad5e0b2c7ce4d5b", "{}", TestName = "a mirror that no node knows")]
    [TestCase("b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455", """{"startTime":"2026-11-24T12:00:00Z"}""", TestName = "a mirror of a pod that is not static")]
    public void Pod_ThatSaysItIsAMirror_IsKnownByItsUid(string mirrored, string status)
    {
        var pod = Read($$$"""
            {"metadata":{"name":"anything","namespace":"evil","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10",
            "annotations":{"kubernetes.io/config.mirror":"{{{mirrored}}}"}},"spec":{"nodeName":"node-1"},"status":{{{status}}}}
            """, out _)!;

        Assert.That(pod.CgroupUid, Is.EqualTo(pod.Uid));
    }

    [Test]
    public void Pod_ThatIsOver_HasItsEnd()
    {
        var pod = Read("""
            {"metadata":{"name":"job-x","namespace":"n","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10"},
            "status":{"phase":"Succeeded","podIP":"10.1.0.7","startTime":"2026-11-24T12:00:00Z","containerStatuses":[
            {"name":"a","state":{"terminated":{"finishedAt":"2026-11-24T12:00:09Z"}}},
            {"name":"b","state":{"terminated":{"finishedAt":"2026-11-24T12:00:04Z"}}}]}}
            """, out _)!;

        Assert.That(pod.IsOver, Is.True);
        Assert.That(DateTimeOffset.FromUnixTimeMilliseconds(pod.Ended!.Value), Is.EqualTo(new DateTimeOffset(2026, 11, 24, 12, 0, 9, TimeSpan.Zero)));
    }

    /// <summary>Whoever may make pods makes thousands for a node that takes none of them; what did not run will not.</summary>
    [Test]
    public void Pod_ThatIsOver_HasTheContainersThatRan()
    {
        var id = new string('a', 64);
        var pod = Read($$$"""
            {"metadata":{"name":"job-x","namespace":"n","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10"},
            "spec":{"containers":[{"name":"a"},{"name":"b"}],"initContainers":[{"name":"c"}]},
            "status":{"phase":"Failed","containerStatuses":[{"name":"b","containerID":"containerd://{{{id}}}"},{"name":"a"}]}}
            """, out _)!;

        Assert.That(pod.Containers.Select(container => (container.Name, container.Id.ToString())), Is.EqualTo(new[] { ("b", id) }));
    }

    [TestCase("ReplicaSet", "web-5d9c7b6f4d", "5d9c7b6f4d", "Deployment", "web")]
    [TestCase("ReplicaSet", "web-5d9c7b6f4d", null, "ReplicaSet", "web-5d9c7b6f4d")]
    [TestCase("ReplicaSet", "web-other", "5d9c7b6f4d", "ReplicaSet", "web-other")]
    [TestCase("ReplicaSet", "5d9c7b6f4d", "5d9c7b6f4d", "ReplicaSet", "5d9c7b6f4d")]
    [TestCase("ReplicaSet", "web5d9c7b6f4d", "5d9c7b6f4d", "ReplicaSet", "web5d9c7b6f4d")]
    [TestCase("StatefulSet", "db", null, "StatefulSet", "db")]
    [TestCase("DaemonSet", "agent", "5d9c7b6f4d", "DaemonSet", "agent")]
    // Of 2026-11-24 12:00, in minutes and in seconds.
    [TestCase("Job", "backup-29926800", null, "CronJob", "backup")]
    [TestCase("Job", "backup-1795608000", null, "CronJob", "backup")]
    [TestCase("Job", "backup-20240101", null, "Job", "backup-20240101")]
    [TestCase("Job", "backup-1", null, "Job", "backup-1")]
    [TestCase("Job", "-29926800", null, "Job", "-29926800")]
    [TestCase("Job", "backup", null, "Job", "backup")]
    public void Owner_OfAPod_LeadsToTheWorkload(string kind, string name, string? hash, string expectedKind, string expectedName)
    {
        var created = new DateTimeOffset(2026, 11, 24, 12, 0, 3, TimeSpan.Zero).ToUnixTimeMilliseconds();

        Assert.That(Workload.OfOwner(kind, name, hash, created), Is.EqualTo((expectedKind, expectedName)));
    }

    private static Pod? Read(string json, out string? version)
    {
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
        reader.Read();
        var pod = new PodReader().Read(ref reader, out version);
        Assert.That(reader.TokenType, Is.EqualTo(JsonTokenType.EndObject));
        return pod;
    }
}
