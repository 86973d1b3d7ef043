using System.Runtime.CompilerServices;
using Monitor.Kubernetes.Watching;
using Monitor.Sandbox;
using Monitor.Sandbox.Files;
using Monitor.Server;
using Monitor.Server.Settings;

namespace Monitor.Agent.Handover;

/// <summary>Which files the reading image needs.</summary>
internal static class FilesToKeep
{
    // Types, the numbers of tracepoints and of kinds of perf events, and network namespaces by their names.
    private static readonly string[] ForLoading =
        ["/sys/kernel/btf", "/sys/kernel/tracing", "/sys/kernel/debug/tracing", "/sys/bus/event_source", "/run/netns"];

    /// <summary>Describes them to the kernel.</summary>
    /// <returns>Null where they are not restricted, and why if the settings do not say so.</returns>
    public static (FileRestriction? Files, string? Problem) Prepare(SettingValues settings)
    {
        if (!settings.Get(ServerSettings.Sandbox))
        {
            return (null, null);
        }

        var usesKubernetes = ServerSettings.UsesKubernetes(settings);
        settings.TryGet(ServerSettings.Kubeconfig, out var kubeconfig);
        if (usesKubernetes && RunsCommand(kubeconfig))
        {
            return (null, "the command that the kubeconfig names may need any");
        }

        try
        {
            return (FileRestriction.Prepare(new RestrictionOptions
            {
                Watched = [.. settings.Files(), .. OtlpVariables.Files, .. usesKubernetes ? OfKubernetes(kubeconfig) : []],
                Folders = [
                    .. usesKubernetes ? Cgroups() : [],
                    .. settings.TryGet(AgentSettings.MonitorsFolder, out var folder) ? [.. ForLoading, folder, Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? folder] : Array.Empty<string>(),
                ],
                Written = HistorySettings.MakeFolder(settings) is { } history ? [history] : [],
                ResolvesNames = usesKubernetes || OtlpVariables.AreSet,
                ListensAt = [settings.Get(AgentSettings.Shared.Http).Port, settings.Get(AgentSettings.Shared.Grpc).Port],
                Connects = usesKubernetes || OtlpVariables.AreSet,
            }), null);
        }
        catch (SandboxException failure)
        {
            return (null, failure.Message);
        }
    }

    private static string[] Cgroups() => Bpf.Attaching.CgroupMount.Find() is { } mount ? [mount.Path] : [];

    // Methods of their own, so that outside Kubernetes nothing of it is loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool RunsCommand(string? kubeconfig) => kubeconfig is not null && Kubeconfig.RunsCommand(kubeconfig);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IReadOnlyList<string> OfKubernetes(string? kubeconfig) => ApiConnection.FilesOf(kubeconfig);
}
