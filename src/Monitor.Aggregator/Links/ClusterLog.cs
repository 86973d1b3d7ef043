using Monitor.Events;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>
/// The aggregator's log for those who write to it: all links, one at a time. What can be done outside, parsing above
/// all, is done outside of the lock: inside, an event costs its copying. Any thread.
/// </summary>
internal sealed class ClusterLog(EventLog log, PeerLookup? peers = null)
{
    private readonly Lock _writing = new();
    private readonly PeerEvents _peerEvents = new(log.Types);

    /// <summary>The numbers of the event types.</summary>
    public EventTypeTable Types => log.Types;

    /// <summary>Starts to take in a run of an agent.</summary>
    /// <param name="epoch">The run.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="start">The place in the agent's log where the copy starts.</param>
    /// <param name="replaces">The origin of the node before this one, retired or not; null where there was none.</param>
    /// <param name="loss">The loss that reports the end of the run before; null if there was none.</param>
    public Origin AddOrigin(ulong epoch, string nodeName, OriginPoint start, Origin? replaces, Loss? loss)
    {
        lock (_writing)
        {
            var origin = log.AddOrigin(epoch, nodeName, start, replaces);
            if (loss is not null)
            {
                log.AppendLoss(origin, loss, start);
                log.Publish();
            }

            return origin;
        }
    }

    /// <summary>Retires an origin: nothing will be appended from it any more.</summary>
    public void RetireOrigin(Origin origin)
    {
        lock (_writing)
        {
            log.RetireOrigin(origin);
        }
    }

    /// <summary>Appends a message: its losses, then its events, and lets readers see them.</summary>
    /// <param name="origin">The run that it is of.</param>
    /// <param name="before">Where the origin was read before the message.</param>
    /// <param name="after">Where it is read behind it.</param>
    /// <param name="batch">The message.</param>
    /// <param name="clock">The clock of the node.</param>
    /// <returns>How many of the events could not be taken in, and stand in the log as a loss.</returns>
    public ulong Append(Origin origin, OriginPoint before, OriginPoint after, AgentBatch batch, in NodeClock clock)
    {
        lock (_writing)
        {
            var events = batch.Events.Length;
            var at = new OriginPoint(after.Position - events, after.Events - events);
            for (var i = 0; i < batch.Losses.Count; i++)
            {
                // Each takes a place at least; only behind the last of them is the origin where its events continue.
                var behind = i == batch.Losses.Count - 1
                    ? at
                    : new OriginPoint(Math.Min(before.Position + i + 1, at.Position), before.Events);
                log.AppendLoss(origin, batch.Losses[i], behind);
            }

            var lost = AppendEvents(origin, at, batch, clock);
            log.Publish();
            origin.NoteLosses(after.Position, batch.Token!.Losses);
            return lost;
        }
    }

    private ulong AppendEvents(Origin origin, OriginPoint at, AgentBatch batch, in NodeClock clock)
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
                    AppendLost(origin, at, ref lostHere);
                    inRun = false;
                }

                if (!inRun)
                {
                    log.AppendFrom(origin, at);
                    inRun = true;
                }

                var encoded = bytes.Slice(entry.Start, entry.Length);
                // BatchReader has checked that this is the sequence.
                var peerEvent = _peerEvents.Find(entry.Columns, encoded, origin.Epoch, (ulong)at.Events + 1, clock);
                if (log.Append(entry.Columns, encoded, peers is null ? [] : peers.Find(entry.Columns), peerEvent))
                {
                    at = new OriginPoint(at.Position + 1, at.Events + 1);
                    continue;
                }
            }

            lost++;
            lostHere++;
            at = new OriginPoint(at.Position + 1, at.Events + 1);
        }

        if (lostHere > 0)
        {
            AppendLost(origin, at, ref lostHere);
        }

        return lost;
    }

    // One for all that follow each other: an agent whose events are all malformed must not fill the log.
    private void AppendLost(Origin origin, OriginPoint at, ref ulong count)
    {
        log.AppendLoss(
            origin, new Loss { NodeName = origin.NodeName, Cause = LossCause.Undecodable, Count = count }, at);
        count = 0;
    }
}
