namespace Monitor.Kubernetes.Deployment;

/// <summary>
/// What the surroundings say: whether this is a cluster, and the names that the downward API gives. Loads nothing of the
/// client library.
/// </summary>
/// <param name="Mode">Where it runs.</param>
/// <param name="NodeName">NODE_NAME; null where it is not set.</param>
/// <param name="PodName">POD_NAME; null where it is not set.</param>
/// <param name="PodNamespace">POD_NAMESPACE, else that of the service account; null where there is neither.</param>
public sealed record KubernetesEnvironment(DeploymentMode Mode, string? NodeName, string? PodName, string? PodNamespace)
{
    /// <summary>The setting that decides: "kubernetes" or "vm".</summary>
    public const string ModeVariable = "DEPLOYMENT_MODE";

    /// <summary>Where a pod has its service account.</summary>
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Looks.</summary>
    /// <exception cref="FormatException">DEPLOYMENT_MODE is something else; the message says what is accepted.</exception>
    public static KubernetesEnvironment Detect() => Detect(Environment.GetEnvironmentVariable, ServiceAccountFolder);

    internal static KubernetesEnvironment Detect(Func<string, string?> variable, string serviceAccountFolder)
    {
        var mode = variable(ModeVariable) switch
        {
            null or "" => IsInCluster(variable, serviceAccountFolder) ? DeploymentMode.Kubernetes : DeploymentMode.Vm,
            var text when text.Equals("kubernetes", StringComparison.OrdinalIgnoreCase) => DeploymentMode.Kubernetes,
            var text when text.Equals("vm", StringComparison.OrdinalIgnoreCase) => DeploymentMode.Vm,
            var text => throw new FormatException(
                $"{ModeVariable} is '{text}'; expected kubernetes or vm, or nothing to find out"),
        };
        return mode == DeploymentMode.Vm
            ? new KubernetesEnvironment(mode, null, null, null)
            : new KubernetesEnvironment(
                mode,
                Text(variable("NODE_NAME")),
                Text(variable("POD_NAME")),
                Text(variable("POD_NAMESPACE")) ?? ReadNamespace(serviceAccountFolder));
    }

    private static bool IsInCluster(Func<string, string?> variable, string serviceAccountFolder) =>
        variable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }
        && File.Exists(Path.Combine(serviceAccountFolder, "token"))
        && File.Exists(Path.Combine(serviceAccountFolder, "ca.crt"));

    private static string? ReadNamespace(string serviceAccountFolder)
    {
        try
        {
            return Text(File.ReadAllText(Path.Combine(serviceAccountFolder, "namespace")));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
