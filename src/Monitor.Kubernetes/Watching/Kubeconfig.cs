using k8s;
using k8s.KubeConfigModels;

namespace Monitor.Kubernetes.Watching;

/// <summary>What a kubeconfig asks for.</summary>
public static class Kubeconfig
{
    /// <summary>Whether a command of it gets the credentials. False where it cannot be read: the watch then says why.</summary>
    /// <param name="path">The file.</param>
    public static bool RunsCommand(string path) =>
        Read(path)?.Users?.Any(user => user.UserCredentials?.ExternalExecution is not null) == true;

    /// <summary>The files that it names. None where it cannot be read.</summary>
    /// <param name="path">The file.</param>
    internal static IReadOnlyList<string> FilesOf(string path)
    {
        var content = Read(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var authorities = content?.Clusters?.Select(cluster => cluster.ClusterEndpoint?.CertificateAuthority);
        var credentials = content?.Users?.SelectMany(user => new[] { user.UserCredentials?.ClientCertificate, user.UserCredentials?.ClientKey });
        return [.. (authorities ?? []).Concat(credentials ?? [])
            .Where(file => !string.IsNullOrEmpty(file)).Select(file => Path.Combine(folder, file!))];
    }

    private static K8SConfiguration? Read(string path)
    {
        try
        {
            return KubernetesClientConfiguration.LoadKubeConfig(path);
        }
#pragma warning disable CA1031 // The library lets through whatever reading files and YAML throws.
        catch (Exception failure) when (failure is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}
