namespace Monitor.Aggregator.Links;

/// <summary>Cancels something when nothing was heard for too long. Each note costs one write.</summary>
internal sealed class SilenceWatch : IAsyncDisposable
{
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop;
    private readonly ITimer _timer;
    private long _heard;
    private volatile bool _expired;

    /// <summary>Starts to watch.</summary>
    /// <param name="limit">How long it may be silent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">What is cancelled then. Dispose of it after this.</param>
    public SilenceWatch(TimeSpan limit, TimeProvider time, CancellationTokenSource stop)
    {
        _limit = limit;
        _time = time;
        _stop = stop;
        _heard = time.GetTimestamp();
        _timer = time.CreateTimer(
            static watch => ((SilenceWatch)watch!).Check(), this, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether it was silent for too long.</summary>
    public bool HasExpired => _expired;

    /// <summary>Something was heard.</summary>
    public void NoteHeard() => Volatile.Write(ref _heard, _time.GetTimestamp());

    /// <summary>Ends it; when this returns, nothing is cancelled any more.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Check()
    {
        var left = _limit - _time.GetElapsedTime(Volatile.Read(ref _heard));
        if (left > TimeSpan.Zero)
        {
            _timer.Change(left, Timeout.InfiniteTimeSpan);
            return;
        }

        _expired = true;
        _stop.Cancel();
    }
}
