using k8s;

namespace Monitor.Kubernetes.Watching;

/// <summary>What a kubeconfig asks for.</summary>
public static class Kubeconfig
{
    /// <summary>Whether a command of it gets the credentials. False where it cannot be read: the watch then says why.</summary>
    /// <param name="path">The file.</param>
    public static bool RunsCommand(string path)
    {
        try
        {
            return KubernetesClientConfiguration.LoadKubeConfig(path).Users?
                .Any(user => user.UserCredentials?.ExternalExecution is not null) == true;
        }
#pragma warning disable CA1031 // The library lets through whatever reading files and YAML throws.
        catch (Exception failure) when (failure is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}
