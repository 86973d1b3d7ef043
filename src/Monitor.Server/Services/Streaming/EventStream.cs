using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// One open stream: reads the archive, where it begins there, then its cursor, and writes messages until the client leaves or the server stops. There is no queue:
/// while a write waits for the client, the cursor stands still, and what leaves the log meanwhile is reported as lost.
/// </summary>
internal sealed class EventStream(
    StreamPlan plan,
    IServerStreamWriter<StreamEventsResponse> writer,
    AgentsReader agents,
    QueryCores cores,
    TimeProvider time,
    TimeSpan heartbeat,
    bool sendsObjects,
    CancellationToken clientLeft) : IDisposable
{
    // Most bytes of events in a message. gRPC clients refuse messages above 4 MiB by default; this is 16 times less, to
    // bound what a client that does not read holds in memory, and gains nothing measurable when it is larger.
    private const int MaxBytes = 256 << 10;

    // As objects and as JSON, events take some six times as much.
    private const int MaxBytesOfObjects = 64 << 10;

    // How often a stream looks at a busy log that has nothing for it: 50 times a second at the least. With a thousand
    // such streams, waking at every publication (hundreds a second) would cost a core.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(20);

    // Bounds of what a stream sleeps while a batch gathers, where a sixteenth of the longest delay is not above them.
    private static readonly TimeSpan MinPart = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxPart = TimeSpan.FromMilliseconds(50);

    // How often a stream that reports agents looks whether one has changed.
    private static readonly TimeSpan AgentInterval = TimeSpan.FromMilliseconds(250);

    private readonly EventCursor _cursor = plan.Cursor;
    private readonly int _maxBytes = sendsObjects ? MaxBytesOfObjects : MaxBytes;
    private readonly AgentChanges? _changes =
        plan.AgentStatus && agents.Directory is not null ? new AgentChanges(agents.Directory, time) : null;
    private readonly PooledBuffer _buffer = new();
    private Timestamp? _watermark;
    private long _lastSent;
    private TimeSpan _pause;

    // One wait of the cursor at a time: it outlives the heartbeats that are sent meanwhile.
    private Task<bool>? _waiting;

    /// <summary>Streams.</summary>
    /// <param name="cancellationToken">Ends the stream: the client has left, or the server stops.</param>
    /// <returns>When the token was cancelled or the log has ended. What a write throws is thrown on.</returns>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first message may be empty: it shows the client that the stream works.
        var isFirst = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            // 1. What is in the archive alone: from the beginning, or because the client was slow.
            if (plan.Replay is { IsNeeded: true } replay)
            {
                await ReplayAsync(replay, cancellationToken);
                continue;
            }

            // 2. Read. The watermark before the read, so that nothing older can be missing from what was read.
            var watermark = agents.Watermark;
            if (await ReadAsync(cancellationToken) is not { } batch)
            {
                return;
            }

            // Where entries have left the log meanwhile, the archive has them, and they come next.
            if (batch.AtEnd && plan.Replay is not { IsNeeded: true })
            {
                Reach(watermark);
            }

            // 3. Send, or be silent for a while.
            if (!batch.IsEmpty || isFirst || Elapsed >= heartbeat || _changes is { Any: true })
            {
                isFirst = false;
                await SendAsync(batch.Losses, _cursor.GetResumeToken().ToString());
            }

            // 4. Go on at once while there is more; else wait, and let events gather.
            if (!batch.AtEnd)
            {
                await Task.Yield();
            }
            else if (!await WaitForMoreAsync(cancellationToken))
            {
                return;
            }
            else if (batch.IsEmpty)
            {
                await PauseAsync(cancellationToken);
            }
            else
            {
                _pause = TimeSpan.Zero;
                await GatherAsync(cancellationToken);
            }
        }
    }

    private async Task ReplayAsync(ArchiveReplay replay, CancellationToken cancellationToken)
    {
        // So that a client sees at once that the stream works: what it asks for may take seconds to find.
        // With its losses, which its token is behind.
        var token = replay.Token;
        await SendAsync(replay.TakeLosses(), token);
        try
        {
            while (true)
            {
                var finding = replay.FindAsync(cancellationToken);
                while (!finding.IsCompleted && !cancellationToken.IsCancellationRequested)
                {
                    if (heartbeat - Elapsed is { Ticks: > 0 } remaining)
                    {
                        await ((Task)finding).WaitAsync(remaining, time, cancellationToken)
                            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    }
                    else
                    {
                        await SendAsync([], token);
                    }
                }

                if (!await finding)
                {
                    return;
                }

                var losses = replay.Take(_buffer, plan.MaxEvents, _maxBytes);
                token = replay.Token;
                await SendAsync(losses, token);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // As the rest of the stream, which then ends at once.
        }
    }

    /// <summary>Gives the buffer back of a message that was not sent.</summary>
    public void Dispose() => _buffer.Dispose();

    /// <summary>Advances the watermark; it never goes back, though an agent that comes back may bring older events.</summary>
    private void Reach(DateTimeOffset watermark)
    {
        var reached = Timestamp.FromDateTimeOffset(watermark);
        if (_watermark is null || reached > _watermark)
        {
            _watermark = reached;
        }
    }

    // From the history in turns: streams that read far back would take all threads, each waiting for the disk, and no call be answered.
    private async ValueTask<CursorBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_cursor.NeedsLoading)
        {
            return _cursor.ReadBatch(_buffer, plan.MaxEvents, _maxBytes);
        }

        try
        {
            return await cores.RunAsync(() => _cursor.ReadBatch(_buffer, plan.MaxEvents, _maxBytes), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private TimeSpan Elapsed => time.GetElapsedTime(_lastSent);

    private async Task SendAsync(IReadOnlyList<Loss> losses, string resumeToken)
    {
        var response = new StreamEventsResponse
        {
            EncodedEvents = _buffer.Written,
            EncodedEventsOwner = _buffer,
            ResumeToken = resumeToken,
            Watermark = _watermark,
        };
        response.Losses.AddRange(plan.CountsLosses ? losses : losses.Select(WithoutCount));
        if (_changes is not null)
        {
            response.Agents.AddRange(_changes.Take());
        }

        if (sendsObjects)
        {
            EncodedEvents.ToObjects(response);
        }

        _lastSent = time.GetTimestamp();
        // The web server alone may let it wait for ever, on a connection that it has given up.
        await writer.WriteAsync(response, clientLeft);
    }

    /// <summary>The loss as a reader of some namespaces sees it.</summary>
    public static Loss WithoutCount(Loss loss)
    {
        var shown = loss.Clone();
        shown.Count = 0;
        return shown;
    }

    /// <summary>Waits for entries, and sends heartbeats meanwhile.</summary>
    /// <returns>False where the stream is over.</returns>
    private async Task<bool> WaitForMoreAsync(CancellationToken cancellationToken)
    {
        while (!_cursor.HasMore)
        {
            // Here and not by the cursor's wait: this may run inside the cancellation, before that has heard of it.
            if (cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            if (_changes is { Any: true })
            {
                return true;
            }

            _waiting ??= _cursor.WaitAsync(cancellationToken).AsTask();
            var remaining = heartbeat - Elapsed;
            if (_changes is not null && remaining > AgentInterval)
            {
                remaining = AgentInterval;
            }

            if (remaining > TimeSpan.Zero)
            {
                // The ends of the interval and of the stream are ordinary; exceptions would cost more than they say.
                await ((Task)_waiting).WaitAsync(remaining, time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (_waiting.IsCompleted)
            {
                var ended = !_waiting.IsCompletedSuccessfully || !_waiting.Result;
                _waiting = null;
                if (ended)
                {
                    return false;
                }
            }
            else if (Elapsed >= heartbeat)
            {
                var watermark = agents.Watermark;
                if (!_cursor.HasMore)
                {
                    Reach(watermark);
                    await SendAsync([], _cursor.GetResumeToken().ToString());
                }
            }
        }

        return !cancellationToken.IsCancellationRequested;
    }

    /// <summary>There was something, but nothing for this stream: waits a little before it looks again.</summary>
    private Task PauseAsync(CancellationToken cancellationToken)
    {
        _pause = TimeSpan.FromTicks(Math.Clamp(_pause.Ticks * 2, MinPause.Ticks, MaxPause.Ticks));
        return DelayAsync(_pause, cancellationToken);
    }

    /// <summary>Waits until the delay since the last message has passed, or as many events as fit in one are there.
    /// An event after a silence therefore goes out at once.</summary>
    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var elapsed = Elapsed;
            var remaining = plan.MaxDelay - elapsed;
            var gathered = ExpectedMatches();
            if (remaining <= TimeSpan.Zero || gathered >= plan.MaxEvents)
            {
                return;
            }

            var part = PartOf(elapsed, gathered);
            await DelayAsync(remaining < part ? remaining : part, cancellationToken);
        }
    }

    /// <summary>
    /// Long delays are slept in parts, to notice a full batch early: first a short one, then half of what the batch takes to
    /// fill at its rate so far. With a thousand slow streams, waking sixteen times for a message would cost a third of a
    /// core, and waking three times costs a tenth of it.
    /// </summary>
    private TimeSpan PartOf(TimeSpan elapsed, double gathered)
    {
        var sixteenth = plan.MaxDelay / 16;
        var least = sixteenth > MinPart ? sixteenth : MinPart;
        var most = sixteenth > MaxPart ? sixteenth : MaxPart;
        var half = elapsed < least ? least : elapsed * ((plan.MaxEvents / Math.Max(gathered, 1) - 1) / 2);
        return half < least ? least : half > most ? most : half;
    }

    // How many of the events ahead the filter will let pass, by its ratio so far.
    private double ExpectedMatches()
    {
        var counters = _cursor.GetCounters();
        var seen = counters.Delivered + counters.Filtered;
        return seen == 0 ? counters.Ahead : (double)counters.Ahead * counters.Delivered / seen;
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
