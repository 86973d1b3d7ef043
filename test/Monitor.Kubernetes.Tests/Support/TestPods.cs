using Monitor.Kubernetes.Cgroups;
using Monitor.Kubernetes.Pods;

namespace Monitor.Kubernetes.Tests.Support;

/// <summary>Pods for tests that have no API server.</summary>
internal static class TestPods
{
    public static Pod Pod(string name, Guid uid, params (string Name, string? Id)[] containers) => new()
    {
        Uid = uid,
        CgroupUid = uid,
        Namespace = "shop",
        Name = name,
        Containers = Array.ConvertAll(containers, container => new PodContainer(
            container.Name,
            container.Id is { } id && ContainerId.TryParse(id, out var parsed) ? parsed : default)),
    };

    /// <summary>A container id.</summary>
    public static string Id(int seed) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(seed)));
}
