using Monitor.Kubernetes.Cgroups;

namespace Monitor.Kubernetes.Tests.Cgroups;

internal sealed class CgroupPathTests
{
    private const string Uid = "3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10";
    private const string Uid_ = "3f0c6a1e_5b0c_4d5c_9c55_2a1b7f3f9d10";
    private const string Hash = "8d4fb1c7a52d5c1a8ad5e0b2c7ce4d5b";
    private const string Other = "b2a7c9d4-0f31-4a77-8f0e-6c1de0c9a455";
    private const string Id = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private const string Id2 = "f9e8d7c6b5a4938271605f4e3d2c1b0af9e8d7c6b5a4938271605f4e3d2c1b0a";
    private const string Node = "1111111111111111111111111111111111111111111111111111111111111111";

    // cgroupfs driver: containerd and Docker, CRI-O.
    [TestCase($"/kubepods/burstable/pod{Uid}/{Id}", "", Uid, Id)]
    [TestCase($"/kubepods/besteffort/pod{Uid}/{Id}", "", Uid, Id)]
    [TestCase($"/kubepods/pod{Uid}/{Id}", "", Uid, Id, TestName = "cgroupfs, guaranteed")]
    [TestCase($"/kubepods/burstable/pod{Uid}/crio-{Id}", "", Uid, Id)]
    [TestCase($"/kubepods/burstable/pod{Hash}/{Id}", "", Hash, Id, TestName = "cgroupfs, static pod")]
    // systemd driver.
    [TestCase($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope", "", Uid, Id)]
    [TestCase($"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{Uid_}.slice/crio-{Id}.scope", "", Uid, Id)]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slice/docker-{Id}.scope", "", Uid, Id)]
    [TestCase($"/kubepods.slice/kubepods-pod{Hash}.slice/cri-containerd-{Id}.scope", "", Hash, Id, TestName = "systemd, static pod")]
    // CRI-O 1.26 and later puts the container one level deeper.
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slice/crio-{Id}.scope/container", "", Uid, Id)]
    // A runtime with cgroupfs that is handed systemd's names.
    [TestCase($"/system.slice/containerd.service/kubepods-burstable-pod{Uid_}.slice:cri-containerd:{Id}", "/system.slice/containerd.service", Uid, Id)]
    [TestCase($"/kubepods-besteffort-pod{Uid_}.slice:cri-containerd:{Id}", "", Uid, Id)]
    // --cgroup-root, kind.
    [TestCase($"/kubelet/kubepods/burstable/pod{Uid}/{Id}", "/kubelet", Uid, Id)]
    [TestCase($"/docker/{Node}/kubelet/kubepods/besteffort/pod{Uid}/{Id}", $"/docker/{Node}/kubelet", Uid, Id)]
    [TestCase($"/docker/{Node}/docker/{Node}/kubepods/pod{Uid}/{Id}", $"/docker/{Node}/docker/{Node}", Uid, Id)]
    [TestCase($"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope", "/kubelet.slice", Uid, Id)]
    [TestCase($"/system.slice/docker-{Node}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{Uid_}.slice/cri-containerd-{Id}.scope", $"/system.slice/docker-{Node}.scope/kubelet.slice", Uid, Id)]
    // Of another cgroup namespace: the container's own, its pod's, its class's.
    [TestCase($"/../../pod{Uid}/{Id}", "", Uid, Id)]
    [TestCase($"/../../../besteffort/pod{Uid}/{Id}", null, null, null)]
    [TestCase($"/../../../../kubepods/besteffort/pod{Uid}/{Id}", "/../../../..", Uid, Id)]
    [TestCase($"/../../kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope", "/../..", Uid, Id)]
    // Below a container, as systemd or another runtime in it makes.
    [TestCase($"/kubepods/burstable/pod{Uid}/{Id}/init.scope", "", Uid, Id)]
    // The pod's own, and helpers of the runtime.
    [TestCase($"/kubepods/burstable/pod{Uid}", "", Uid, null)]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slice", "", Uid, null)]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slice/crio-conmon-{Id}.scope", "", Uid, null)]
    public void Path_OfALayout_IsRead(string path, string? expectedBase, string? uid, string? container)
    {
        var pods = CgroupPath.Parse(path);

        if (uid is null)
        {
            Assert.That(pods, Is.Empty);
            return;
        }

        Assert.That(pods, Has.Length.EqualTo(1));
        Assert.Multiple(() =>
        {
            Assert.That(pods[0].Base, Is.EqualTo(expectedBase));
            Assert.That(pods[0].PodUid, Is.EqualTo(Guid.Parse(uid)));
            Assert.That(pods[0].Container.IsNone ? null : pods[0].Container.ToString(), Is.EqualTo(container));
        });
    }

    [Test]
    public void Path_OfAPodWithinAPod_GivesBothOutermostFirst()
    {
        var pods = CgroupPath.Parse(
            $"/kubepods/burstable/pod{Uid}/{Id}/docker/{Node}/kubelet/kubepods/besteffort/pod{Other}/{Id2}");

        Assert.That(pods, Has.Length.EqualTo(2));
        Assert.Multiple(() =>
        {
            Assert.That(pods[0].Base, Is.Empty);
            Assert.That(pods[0].PodUid, Is.EqualTo(Guid.Parse(Uid)));
            Assert.That(pods[0].Container.ToString(), Is.EqualTo(Id));
            Assert.That(pods[1].Base, Is.EqualTo($"/kubepods/burstable/pod{Uid}/{Id}/docker/{Node}/kubelet"));
            Assert.That(pods[1].PodUid, Is.EqualTo(Guid.Parse(Other)));
            Assert.That(pods[1].Container.ToString(), Is.EqualTo(Id2));
        });
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("//")]
    [TestCase("/init.scope")]
    [TestCase("/system.slice/sshd.service")]
    [TestCase("/user.slice/user-1000.slice/session-3.scope")]
    [TestCase($"/docker/{Id}", TestName = "a container without a pod")]
    [TestCase($"/system.slice/docker-{Id}.scope")]
    [TestCase("/kubepods")]
    [TestCase("/kubepods/burstable")]
    [TestCase("/kubepods.slice/kubepods-burstable.slice")]
    [TestCase($"/podman/pod{Uid}/{Id}", TestName = "a pod's folder in a folder that is not the kubelet's")]
    [TestCase($"/kubepods/other/pod{Uid}/{Id}")]
    [TestCase($"/kubepodsx/pod{Uid}/{Id}")]
    [TestCase($"/xkubepods/pod{Uid}/{Id}")]
    [TestCase($"/kubepods/pod-{Uid}/{Id}")]
    [TestCase($"/kubepods/Pod{Uid}/{Id}")]
    [TestCase($"/kubepods/pod{Uid}x/{Id}")]
    [TestCase($"/kubepods/pod{Uid_}/{Id}", TestName = "underscores where hyphens belong")]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid}.slice/{Id}", TestName = "hyphens where underscores belong")]
    [TestCase($"/kubepods.slice/kubepods-other-pod{Uid_}.slice/{Id}")]
    [TestCase($"/kubepods.slice/notkubepods-pod{Uid_}.slice/{Id}")]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slicex/{Id}")]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slice:runc:{Id}")]
    [TestCase($"/kubepods.slice/kubepods-pod{Uid_}.slice:cri-containerd:")]
    [TestCase("/kubepods/pod3F0C6A1E-5B0C-4D5C-9C55-2A1B7F3F9D10/" + Id, TestName = "capitals")]
    [TestCase("/kubepods/pod{3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d}/" + Id)]
    [TestCase("/kubepods/pod3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d1g/" + Id)]
    [TestCase("/kubepods/pod３f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10/" + Id, TestName = "a wide digit")]
    [TestCase("/kubepods/pod\ufffd\ufffd/" + Id, TestName = "bytes that are not UTF-8")]
    [TestCase("/kubepods/pod\0\n/" + Id)]
    public void Path_OfNoPod_GivesNone(string path) => Assert.That(CgroupPath.Parse(path), Is.Empty);

    [TestCase("x" + Id)]
    [TestCase(Id + "0")]
    [TestCase("0A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F9")]
    [TestCase("cri-containerd-" + Id)]
    [TestCase("cri-containerd-" + Id + ".scopes")]
    [TestCase("libpod-" + Id + ".scope")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("..")]
    [TestCase("")]
    public void Path_WhoseContainerIsNone_GivesThePodAlone(string container)
    {
        var pods = CgroupPath.Parse($"/kubepods/burstable/pod{Uid}/{container}");

        Assert.That(pods, Has.Length.EqualTo(1));
        Assert.That(pods[0].Container.IsNone, Is.True);
    }

    [Test]
    public void Path_LongerThanTheSystemAllows_GivesNone()
    {
        var path = $"/{new string('a', CgroupPath.MaxLength)}/kubepods/pod{Uid}/{Id}";

        Assert.That(CgroupPath.Parse(path), Is.Empty);
    }

    [Test]
    public void Path_OfPodsWithoutEnd_IsReadInPart()
    {
        var path = string.Concat(Enumerable.Repeat($"/kubepods/pod{Uid}", 80));

        Assert.That(CgroupPath.Parse(path), Has.Length.EqualTo(4));
    }

    /// <summary>Pieces of real paths in any order: nothing throws, and only what has both halves of a pod's folder is one.</summary>
    [Test]
    public void Path_OfRandomPieces_NeverThrowsAndNeverInventsAPod()
    {
        string[] pieces =
        [
            "kubepods", "burstable", "kubepods.slice", $"pod{Uid}", $"kubepods-pod{Uid_}.slice", Id, $"crio-{Id}.scope", "..", ".",
            ":", "pod", "-pod", ".slice", ".slice:", "/", "", "\ud800", new string('p', 300), "kubepods-burstable.slice",
        ];
        var random = new Random(20261124);
        for (var i = 0; i < 100_000; i++)
        {
            var path = string.Concat(Enumerable.Range(0, random.Next(12))
                .Select(_ => pieces[random.Next(pieces.Length)] + (random.Next(3) > 0 ? "/" : "")));

            var pods = CgroupPath.Parse(path);

            Assert.That(
                pods.Length == 0 || path.Contains(Uid, StringComparison.Ordinal) || path.Contains(Uid_, StringComparison.Ordinal),
                path);
            Assert.That(pods, Has.All.Matches<PodCgroup>(pod => path.StartsWith(pod.Base, StringComparison.Ordinal)), path);
        }
    }
}
