using Monitor.Agent.Loading;
using Monitor.Agent.Monitors;
using Monitor.Server;

namespace Monitor.Agent;

/// <summary>What the agent says when it is up: what is loaded, what is not and why, and how to look at it.</summary>
internal static class StartReport
{
    public static void Write(
        TextWriter to,
        ServerEndPoints endPoints,
        IReadOnlyList<LoadedMonitor> monitors,
        IReadOnlyDictionary<MonitorDefinition, string?> failures)
    {
        foreach (var monitor in monitors)
        {
            var active = monitor.Hooks.Where(hook => hook.Link is not null).ToList();
            to.WriteLine($"{monitor.Definition.Name}: {string.Join(", ", active.Select(hook => hook.Definition.Name))}");
            var costs = active.Select(hook => hook.Definition.Note).Where(note => note.Length > 0).Distinct();
            foreach (var note in costs.Concat(monitor.Notes))
            {
                to.WriteLine($"  note: {note}");
            }

            foreach (var hook in monitor.Hooks.Where(hook => hook.Link is null && hook.Error is not null))
            {
                to.WriteLine($"  without {hook.Definition.Name}: {hook.Definition.Without} ({Brief(hook.Error!)})");
            }
        }

        foreach (var (definition, failure) in failures)
        {
            to.WriteLine(failure is null ? $"{definition.Name}: not asked for" : $"{definition.Name}: FAILED: {failure}");
        }

        to.WriteLine($"REST on {endPoints.HttpUrl}   try: curl -s '{endPoints.HttpUrl}/api/events?limit=10'");
        to.WriteLine($"gRPC on {endPoints.GrpcTarget}   try: grpcurl -plaintext {endPoints.GrpcTarget} "
            + "monitor.v1.EventService/StreamEvents");
    }

    // "loading 'x' failed: EPERM: and what libbpf says": the whole is in /api/programs.
    private static string Brief(string error) => string.Join(": ", error.Split(": ").Take(2));
}
