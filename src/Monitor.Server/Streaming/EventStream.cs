using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.EventLog;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// One open stream: reads its cursor and writes messages until the client leaves or the server stops. There is no queue:
/// while a write waits for the client, the cursor stands still, and what leaves the log meanwhile is reported as lost.
/// </summary>
internal sealed class EventStream(
    StreamPlan plan,
    IServerStreamWriter<StreamEventsResponse> writer,
    TimeProvider time,
    TimeSpan heartbeat,
    bool sendsObjects) : IDisposable
{
    // Most bytes of events in a message. gRPC clients refuse messages above 4 MiB by default; this is 16 times less, to
    // bound what a client that does not read holds in memory, and gains nothing measurable when it is larger.
    private const int MaxBytes = 256 << 10;

    // How often a stream looks at a busy log that has nothing for it: 50 times a second at the least. With a thousand
    // such streams, waking at every publication (hundreds a second) would cost a core.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(20);

    private readonly EventCursor _cursor = plan.Cursor;
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
        // The first message is sent whatever is in it: the client sees that the stream stands.
        var isFirst = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            // 1. Read. The time before the read, so that nothing older can be missing from what was read.
            var now = time.GetUtcNow();
            var batch = _cursor.ReadBatch(_buffer, plan.MaxEvents, MaxBytes);
            if (batch.AtEnd)
            {
                _watermark = Timestamp.FromDateTimeOffset(now);
            }

            // 2. Send, or be silent for a while.
            if (!batch.IsEmpty || isFirst || Elapsed >= heartbeat)
            {
                isFirst = false;
                await SendAsync(batch.Losses);
            }

            // 3. Go on at once while there is more; else wait, and let events gather.
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

    /// <summary>Gives the buffer back of a message that was not sent.</summary>
    public void Dispose() => _buffer.Dispose();

    private TimeSpan Elapsed => time.GetElapsedTime(_lastSent);

    private async Task SendAsync(IReadOnlyList<Loss> losses)
    {
        var response = new StreamEventsResponse
        {
            EncodedEvents = _buffer.Written,
            EncodedEventsOwner = _buffer,
            ResumeToken = _cursor.GetResumeToken().ToString(),
            Watermark = _watermark,
        };
        response.Losses.AddRange(losses);
        if (sendsObjects)
        {
            EncodedEvents.ToObjects(response);
        }

        _lastSent = time.GetTimestamp();
        await writer.WriteAsync(response);
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

            _waiting ??= _cursor.WaitAsync(cancellationToken).AsTask();
            var remaining = heartbeat - Elapsed;
            if (remaining > TimeSpan.Zero)
            {
                // Neither the end of the interval nor that of the stream is worth an exception.
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
                var now = time.GetUtcNow();
                if (!_cursor.HasMore)
                {
                    _watermark = Timestamp.FromDateTimeOffset(now);
                    await SendAsync([]);
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
        // Long delays are slept in parts, to notice a full batch early.
        var part = TimeSpan.FromTicks(Math.Max(plan.MaxDelay.Ticks / 16, TimeSpan.FromMilliseconds(5).Ticks));
        while (!cancellationToken.IsCancellationRequested)
        {
            var remaining = plan.MaxDelay - Elapsed;
            if (remaining <= TimeSpan.Zero || ExpectedMatches() >= plan.MaxEvents)
            {
                return;
            }

            await DelayAsync(remaining < part ? remaining : part, cancellationToken);
        }
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
