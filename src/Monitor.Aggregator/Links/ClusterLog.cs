using Monitor.Events;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>
/// The aggregator's log for those who write to it: all links, one at a time. What can be done outside, parsing above
/// all, is done outside of the lock: inside, an event costs its copying. Any thread.
/// </summary>
internal sealed class ClusterLog(EventLog log)
{
    private readonly Lock _writing = new();

    /// <summary>The numbers of the event types.</summary>
    public EventTypeTable Types => log.Types;

    /// <summary>Starts to take in a run of an agent.</summary>
    /// <param name="epoch">The run.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="start">The first place in the agent's log that is known here.</param>
    /// <param name="replaces">The source of the node before this one, retired or not; null where there was none.</param>
    /// <param name="loss">What is not known of the run before; null where there was none.</param>
    public LogSource AddSource(ulong epoch, string nodeName, SourcePoint start, LogSource? replaces, Loss? loss)
    {
        lock (_writing)
        {
            var source = log.AddSource(epoch, nodeName, start, replaces);
            if (loss is not null)
            {
                log.AppendLoss(source, loss, start);
                log.Publish();
            }

            return source;
        }
    }

    /// <summary>Says that nothing will come of a source any more.</summary>
    public void RetireSource(LogSource source)
    {
        lock (_writing)
        {
            log.RetireSource(source);
        }
    }

    /// <summary>Appends a message: its losses, then its events, and lets readers see them.</summary>
    /// <param name="source">The run that it is of.</param>
    /// <param name="before">Where the source was before the message.</param>
    /// <param name="after">Where it is behind it.</param>
    /// <param name="batch">The message.</param>
    /// <returns>How many of the events could not be taken in, and stand in the log as a loss.</returns>
    public ulong Append(LogSource source, SourcePoint before, SourcePoint after, AgentBatch batch)
    {
        lock (_writing)
        {
            var events = batch.Events.Length;
            var at = new SourcePoint(after.Position - events, after.Events - events);
            for (var i = 0; i < batch.Losses.Count; i++)
            {
                // Each takes a place at least; only behind the last of them is the source where its events go on.
                var behind = i == batch.Losses.Count - 1
                    ? at
                    : new SourcePoint(Math.Min(before.Position + i + 1, at.Position), before.Events);
                log.AppendLoss(source, batch.Losses[i], behind);
            }

            var lost = AppendEvents(source, at, batch);
            log.Publish();
            return lost;
        }
    }

    private ulong AppendEvents(LogSource source, SourcePoint at, AgentBatch batch)
    {
        var bytes = batch.Bytes;
        var lost = 0ul;
        var lostHere = 0ul;
        var inRun = false;
        foreach (ref readonly var entry in batch.Events)
        {
            if (!entry.IsMalformed)
            {
                if (lostHere > 0)
                {
                    AppendLost(source, at, ref lostHere);
                    inRun = false;
                }

                if (!inRun)
                {
                    log.AppendFrom(source, at);
                    inRun = true;
                }

                if (log.Append(entry.Columns, bytes.Slice(entry.Start, entry.Length)))
                {
                    at = new SourcePoint(at.Position + 1, at.Events + 1);
                    continue;
                }
            }

            lost++;
            lostHere++;
            at = new SourcePoint(at.Position + 1, at.Events + 1);
        }

        if (lostHere > 0)
        {
            AppendLost(source, at, ref lostHere);
        }

        return lost;
    }

    // One for all that follow each other: an agent whose events are all malformed must not fill the log.
    private void AppendLost(LogSource source, SourcePoint at, ref ulong count)
    {
        log.AppendLoss(
            source, new Loss { NodeName = source.NodeName, Cause = LossCause.Undecodable, Count = count }, at);
        count = 0;
    }
}
