using Google.Protobuf;
using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>One run of an agent, whose log is made up: it is fed to the logs of aggregators from any of its places.</summary>
internal sealed class OriginFeed(ulong epoch, string nodeName)
{
    // An event by its sequence, or a loss.
    private readonly List<(ulong Sequence, Loss? Loss)> _entries = [];
    private ulong _events;

    public ulong Epoch => epoch;

    public string NodeName => nodeName;

    public int Length => _entries.Count;

    public ulong Events => _events;

    public void MakeEvents(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _entries.Add((++_events, null));
        }
    }

    public void MakeLoss(ulong count) =>
        _entries.Add((0, new Loss { NodeName = nodeName, Cause = LossCause.RingFull, Count = count }));

    public OriginPoint PointAt(int position) =>
        new(position, _entries.Take(position).Count(entry => entry.Loss is null));

    /// <summary>Appends the entries from one position up to another, and publishes.</summary>
    public void Append(EventLog log, Origin origin, int from, int to)
    {
        var next = PointAt(from);
        var open = false;
        for (var at = from; at < to; at++)
        {
            var (sequence, loss) = _entries[at];
            if (loss is not null)
            {
                next = next with { Position = next.Position + 1 };
                log.AppendLoss(origin, loss, next);
                open = false;
                continue;
            }

            if (!open)
            {
                log.AppendFrom(origin, next);
                open = true;
            }

            var made = TestEvents.Connection(sequence, TestEvents.Start + (long)sequence, epoch: epoch);
            made.NodeName = nodeName;
            var bytes = made.ToByteArray();
            Assert.That(EventColumns.TryParse(bytes, log.Types, out var columns, out var identity), Is.True);
            Assert.That(identity.Sequence, Is.EqualTo(sequence));
            Assert.That(log.Append(columns, bytes), Is.True);
            next = new OriginPoint(next.Position + 1, next.Events + 1);
        }

        log.Publish();
    }
}
