using System.Globalization;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.Server;

/// <summary>What a story lacks, and why as far as the server knows. What it has needs no excuse.</summary>
internal static class Gaps
{
    /// <summary>What the log no longer has, and what no node reported.</summary>
    /// <param name="story">The story.</param>
    /// <param name="log">Where its events are.</param>
    /// <param name="isAgent">Whether the log is an agent's.</param>
    /// <param name="nodes">The nodes that have an agent; null where the reader may not know.</param>
    public static IEnumerable<string> OfEvents(Story story, EventLog log, bool isAgent, IReadOnlySet<string>? nodes)
    {
        if (LacksBeginning(story) && log.GetStatistics() is { OldestTimeUnixNanos: { } oldest } statistics
            && oldest > EventTimes.StartOf(story.Events[0]) - (story.Attempt is null ? RelatedEvents.Reach : RelatedEvents.LookupReach))
        {
            var time = UnixNanos.ToTimestamp(oldest).ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            yield return statistics.Evicted > 0
                ? $"The log reaches back to {time}: what happened before has left it."
                : $"The log begins at {time}: what happened before was not recorded.";
        }

        if (story.Attempt is { HasSourcePort: false } attempt)
        {
            yield return $"The attempt has no source port, so that packets of it that {Sentences.Shown(attempt.NodeName)} or other nodes dropped cannot be told from others.";
        }

        if (LacksOtherSide(story))
        {
            var other = story.Attempt!.PeerNodeName;
            yield return isAgent
                ? "An agent knows its own node only: what the other side saw, an aggregator tells."
                : other.Length > 0 && nodes?.Contains(other) == false
                ? $"{Sentences.Shown(other)}, where the connection leads to, has no agent."
                : $"No node reported the other side, {story.Destination}: it has no agent, or addresses were translated on the way.";
        }
    }

    /// <summary>Programs whose events the story lacks because they do not run.</summary>
    public static IEnumerable<string> OfPrograms(Story story, IReadOnlyList<Program> programs)
    {
        foreach (var (name, missing, nodes) in Lacking(story))
        {
            foreach (var node in nodes.Where(node => node.Length > 0).Distinct())
            {
                var program = programs.FirstOrDefault(program => program.Name == name && program.NodeName == node);
                if (program?.Status is not (ProgramStatus.Active or ProgramStatus.Degraded or ProgramStatus.Unknown))
                {
                    yield return $"{missing} on {Sentences.Shown(node)} is not known: the program {name} "
                        + (program is null ? "is not there." : $"is {Sentences.Shown(program.Status)}.");
                }
            }
        }
    }

    private static bool LacksBeginning(Story story) =>
        story.Lookups.Count == 0 || story.Attempt is null && story.Subject.DetailCase != Event.DetailOneofCase.Dns;

    private static bool LacksOtherSide(Story story) =>
        story is { IsTcp: true, Attempt: { } attempt }
        && attempt.Connection.Outcome is Outcome.Connected or Outcome.Failed or Outcome.Abandoned
        && !story.Events.Any(told => told.NodeName != attempt.NodeName || RelatedEvents.SideOf(told) == ConnectionDirection.Inbound);

    private static IEnumerable<(string Program, string Missing, string[] Nodes)> Lacking(Story story)
    {
        if (story.Attempt is not { } attempt)
        {
            yield break;
        }

        string[] here = [attempt.NodeName], there = [attempt.PeerNodeName];
        var isBad = attempt.ReportsFailure() || Figures.Nanos(attempt.Connection.HandshakeTime) >= Summary.Slow;
        if (story.Lookups.Count == 0)
        {
            yield return (EventTypes.Dns, "Which name was looked up", here);
        }

        if (isBad && story is { IsTcp: true, Retransmits.Count: 0 })
        {
            yield return (EventTypes.Retransmit, "Whether segments were sent again", here);
        }

        if ((isBad || story.Retransmits.Count > 0) && story.Drops.Count == 0)
        {
            yield return (EventTypes.PacketDrop, "Whether packets were dropped", [.. here, .. there]);
        }

        if (attempt.Connection.Outcome == Outcome.Connected && story is { IsTcp: true, Accept: null })
        {
            yield return (EventTypes.Accept, "Who took the connection", there);
        }

        if (attempt.Connection.Error == "ECONNREFUSED" && story is { IsTcp: true, Resets.Count: 0 })
        {
            yield return (EventTypes.Reset, "Whether a reset came", here);
        }
    }
}
