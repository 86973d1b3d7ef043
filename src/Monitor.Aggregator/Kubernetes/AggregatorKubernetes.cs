using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Kubernetes.Agents;
using Monitor.Kubernetes.Watching;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Aggregator.Kubernetes;

/// <summary>Makes what an aggregator uses of Kubernetes. Call it only where Kubernetes is used: calling it loads the client
/// library.</summary>
internal static class AggregatorKubernetes
{
    // As the chart names the port of the agents' service.
    private const string GrpcPortName = "grpc";

    /// <summary>The watch that names peers; started.</summary>
    public static ClusterPeers WatchPeers(SettingValues settings, TimeProvider time, ILoggerFactory loggers) =>
        new(Connect(settings), time, loggers);

    /// <summary>The agents behind a service, <c>namespace/name</c>.</summary>
    public static IAgentDiscovery Discover(string service, SettingValues settings, TimeProvider time, ILoggerFactory loggers)
    {
        var parts = service.Split('/');
        return new ServiceDiscovery(new AgentEndpoints(
            Connect(settings), parts[0], parts[1], GrpcPortName, time, loggers.CreateLogger<AgentEndpoints>()));
    }

    /// <summary>Whether a command gets the credentials of a kubeconfig.</summary>
    public static bool RunsCommand(string kubeconfig) => Kubeconfig.RunsCommand(kubeconfig);

    /// <summary>The files that watching reads.</summary>
    public static IReadOnlyList<string> FilesOf(string? kubeconfig) => ApiConnection.FilesOf(kubeconfig);

    private static ApiConnection Connect(SettingValues settings) =>
        settings.TryGet(ServerSettings.Kubeconfig, out var kubeconfig)
            ? ApiConnection.FromKubeconfig(kubeconfig)
            : ApiConnection.InCluster();
}
