using System.Threading.Tasks.Sources;

namespace Monitor.Events;

/// <summary>The wait of one cursor. It is reused, so that waiting allocates nothing.</summary>
internal sealed class CursorWait(CursorWaiters waiters) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;

    /// <summary>Its index in the list of <see cref="CursorWaiters"/>, which guards it; -1 if it is not in the list.</summary>
    public int Index { get; set; } = -1;

    /// <summary>The position; the wait ends when a later one is published.</summary>
    public long Position { get; private set; }

    /// <summary>Waits for an entry at or behind a position.</summary>
    public ValueTask WaitAsync(long position, CancellationToken cancellationToken)
    {
        _source.Reset();
        Position = position;
        _token = cancellationToken;
        if (!waiters.TryAdd(this))
        {
            return ValueTask.CompletedTask;
        }

        // After it was added: a token that is cancelled already calls back at once. A completion that comes between
        // the two leaves the registration to be disposed of with the result.
        _cancellation = cancellationToken.UnsafeRegister(static state => ((CursorWait)state!).Cancel(), this);
        return new ValueTask(this, _source.Version);
    }

    /// <summary>Ends the wait: an entry was published, or the log has ended.</summary>
    public void Complete() => _source.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        // Waits for a running callback, which could otherwise cancel the next wait.
        _cancellation.Dispose();
        _cancellation = default;
        _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (waiters.TryRemove(this))
        {
            _source.SetException(new OperationCanceledException(_token));
        }
    }
}
