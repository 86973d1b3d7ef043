using System.Text;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Kubernetes.Cgroups;

namespace Monitor.Fuzz.Parsers;

/// <summary>Paths of cgroups and lists of mounts, part of which a container names: pods are found in them or not.</summary>
internal sealed class CgroupCase : ParserCase
{
    private const string Uid = "3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10";
    private const string Container = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly byte[][] Paths =
        [
            .. new[]
            {
                $"/kubepods/burstable/pod{Uid}/{Container}",
                $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid.Replace('-', '_')}.slice/cri-containerd-{Container}.scope",
                $"/system.slice/containerd.service/kubepods-burstable-pod{Uid.Replace('-', '_')}.slice:cri-containerd:{Container}",
                $"/docker/{Container}/kubelet/kubepods/pod{Uid}/{Container}",
                $"/../../pod{Uid}/{Container}",
                $"1 2 8:1 /var/lib/kubelet/pods/{Uid}/containers/web/01234567 /dev/termination-log rw - ext4 /dev/sda rw",
            }.Select(Encoding.Latin1.GetBytes),
        ];

    public override string Name => "cgroups";

    public override int ShortInputs => 20_000;

    public override byte[] Make(Random random) => Damage.Of(Paths[random.Next(Paths.Length)], random);

    protected override string Parse(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var pods = CgroupPath.Parse(text);
        var name = ProcessCgroups.ContainerName(text, Guid.Parse(Uid));
        return pods.Length > 0 ? "pods" : name is not null ? "container" : "none";
    }
}
