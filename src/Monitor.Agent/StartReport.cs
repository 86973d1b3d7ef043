using Monitor.Agent.Custom;
using Monitor.Agent.Loading;

namespace Monitor.Agent;

/// <summary>
/// What the agent says when it is up: which programs are loaded, which not and why, and what its process may do.
/// </summary>
internal static class StartReport
{
    public static IEnumerable<string> Lines(LoadOutcome outcome, AgentRights rights, CustomMonitors? custom = null)
    {
        foreach (var monitor in outcome.Loaded)
        {
            var active = monitor.Hooks.Where(hook => hook.Link is not null).ToList();
            yield return $"{monitor.Definition.Name}: {string.Join(", ", active.Select(hook => hook.Definition.Name))}";
            var costs = active.Select(hook => hook.Definition.Note).Where(note => note.Length > 0).Distinct();
            foreach (var note in costs.Concat(monitor.Notes))
            {
                yield return $"  note: {note}";
            }

            foreach (var hook in monitor.Hooks.Where(hook => hook.Link is null && hook.Error is not null))
            {
                yield return $"  without {hook.Definition.Name}: {hook.Definition.Without} ({Brief(hook.Error!)})";
            }
        }

        foreach (var (definition, failure) in outcome.Failed)
        {
            yield return $"{definition.Name}: FAILED: {failure}";
        }

        foreach (var definition in outcome.Disabled)
        {
            yield return $"{definition.Name}: not asked for";
        }

        foreach (var line in custom is null ? [] : LinesOf(custom))
        {
            yield return line;
        }

        if (outcome.Sockets.Note is { Length: > 0 } missing)
        {
            yield return outcome.Sockets.Files is null
                ? $"open connections: FAILED: {Brief(missing)}"
                : $"open connections: {missing}";
        }

        yield return $"rights: {rights.Describe()}";
        foreach (var note in rights.AllNotes)
        {
            yield return $"  note: {note}";
        }
    }

    private static IEnumerable<string> LinesOf(CustomMonitors custom)
    {
        if (custom.Problem is { } problem)
        {
            yield return $"monitors of your own: FAILED: {problem}";
        }

        foreach (var entry in custom.Entries)
        {
            yield return entry.Error.Length > 0
                ? $"{entry.Name}: FAILED: {entry.Error}"
                : $"{entry.Name}: {string.Join(", ", entry.Pipeline!.Monitor.Hooks.Where(hook => hook.Link is not null).Select(hook => hook.Definition.Name))}";
        }

        if (custom.Problem is null && custom.Entries.Count == 0)
        {
            yield return $"monitors of your own: none yet in {custom.Folder}";
        }
    }

    // "loading 'x' failed: EPERM: and what libbpf says": the whole is in /api/programs.
    private static string Brief(string error) => string.Join(": ", error.Split(": ").Take(2));
}
