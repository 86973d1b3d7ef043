namespace Kubernetes.Tests;

/// <summary>The images of agent and aggregator, made of the published programs and known to the node.</summary>
internal static class Images
{
    /// <summary>The arguments of helm that name them.</summary>
    public static readonly string[] Values =
    [
        "--set", "agent.image.repository=monitor.test/agent,agent.image.tag=test",
        "--set", "aggregator.image.repository=monitor.test/aggregator,aggregator.image.tag=test,aggregator.settings.retention=64MiB,aggregator.history.enabled=true",
    ];

    private static readonly Lazy<Task> Made = new(MakeOnceAsync);

    /// <summary>The file system of the agent's image.</summary>
    public static string AgentFolder { get; } = Path.Combine(Shell.Repository, "artifacts/images/agent");

    public static Task MakeAsync() => Made.Value;

    private static async Task MakeOnceAsync()
    {
        (await Shell.RunAsync("deploy/docker/folders.sh")).Succeeded();
        foreach (var program in new[] { "agent", "aggregator" })
        {
            (await Shell.RunAsync(
                Cluster.Script, "image", $"monitor.test/{program}:test", $"artifacts/images/{program}", $"/app/monitor-{program}")).Succeeded();
        }
    }
}
