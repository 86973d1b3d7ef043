namespace Monitor.Kubernetes.Pods;

/// <summary>What made a pod.</summary>
/// <param name="Kind">Deployment, StatefulSet, DaemonSet, CronJob, Job, ReplicaSet, Node (a static pod), or whatever owns
/// it.</param>
/// <param name="Name">Its name, in the pod's namespace.</param>
public sealed record Workload(string Kind, string Name)
{
    // How far the time in a Job's name may be from the pod's creation: pods of a Job are replaced for days.
    private static readonly TimeSpan MostJobAge = TimeSpan.FromDays(7);

    /// <summary>The workload behind a pod's controller.</summary>
    /// <param name="kind">Kind of the owner.</param>
    /// <param name="name">Name of the owner.</param>
    /// <param name="templateHash">The pod's label pod-template-hash, null where it has none.</param>
    /// <param name="created">When the pod was created, ms since 1970.</param>
    /// <returns>The Deployment of a ReplicaSet, and the CronJob of a Job, where the name shows it; else the owner.</returns>
    internal static (string Kind, string Name) OfOwner(string kind, string name, string? templateHash, long created)
    {
        if (kind == "ReplicaSet" && templateHash is { Length: > 0 } && name.Length > templateHash.Length + 1
            && name.EndsWith(templateHash, StringComparison.Ordinal) && name[^(templateHash.Length + 1)] == '-')
        {
            return ("Deployment", name[..^(templateHash.Length + 1)]);
        }

        if (kind == "Job" && name.LastIndexOf('-') is > 0 and var dash && IsScheduledTime(name.AsSpan(dash + 1), created))
        {
            return ("CronJob", name[..dash]);
        }

        return (kind, name);
    }

    // Minutes since 1970 (Kubernetes 1.21 and later), before that seconds.
    private static bool IsScheduledTime(ReadOnlySpan<char> text, long created)
    {
        if (text.Length is not (8 or 10) || text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        var number = long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        var scheduled = text.Length == 8 ? number * 60_000 : number * 1000;
        return Math.Abs(created - scheduled) < MostJobAge.TotalMilliseconds;
    }
}
