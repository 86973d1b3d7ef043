namespace Monitor.Events;

/// <summary>
/// The cursors that wait for new entries. The writer only checks whether there are any, and leaves the waking to the
/// thread pool: a thousand waiting streams cost it one work item.
/// </summary>
internal sealed class CursorWaiters(LogStore log) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();

    // Two lists that are swapped: cursors that wait again while others are being woken go into the other list.
    private List<CursorWait> _waiting = [];
    private List<CursorWait> _waking = [];
    private int _count;
    private int _queued;
    private bool _closed;

    /// <summary>Whether the log has ended.</summary>
    public bool Closed => Volatile.Read(ref _closed);

    /// <summary>How many cursors wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Adds a wait, unless an entry after its position is there already.
    /// </summary>
    /// <returns>False if it was not added: an entry is there already, or the log has ended.</returns>
    public bool TryAdd(CursorWait wait)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            wait.Index = _waiting.Count;
            _waiting.Add(wait);
            _count = _waiting.Count;

            // Either the writer sees the count, or this sees what it published: each writes before a full fence and
            // reads behind it.
            Interlocked.MemoryBarrier();
            if (log.PublishedPosition > wait.Position)
            {
                Remove(wait);
                return false;
            }

            return true;
        }
    }

    /// <summary>Removes a cancelled wait; false if it is being completed already.</summary>
    public bool TryRemove(CursorWait wait)
    {
        lock (_lock)
        {
            if (wait.Index < 0)
            {
                return false;
            }

            Remove(wait);
            return true;
        }
    }

    /// <summary>Wakes the cursors that wait; for the writer, after it published.</summary>
    public void Wake()
    {
        Interlocked.MemoryBarrier();
        if (_count != 0 && Interlocked.Exchange(ref _queued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Ends all waits, present and future.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }

        Execute();
    }

    /// <summary>Completes the waits.</summary>
    public void Execute()
    {
        // Before the position is read: what the writer publishes from now on queues this again.
        Interlocked.Exchange(ref _queued, 0);
        List<CursorWait> waking;
        lock (_lock)
        {
            waking = _waiting;
            _waiting = _waking;
            _waking = [];
            _count = 0;
            foreach (var wait in waking)
            {
                wait.Index = -1;
            }
        }

        foreach (var wait in waking)
        {
            wait.Complete();
        }

        waking.Clear();
        lock (_lock)
        {
            _waking = waking;
        }
    }

    private void Remove(CursorWait wait)
    {
        var last = _waiting[^1];
        _waiting[wait.Index] = last;
        last.Index = wait.Index;
        _waiting.RemoveAt(_waiting.Count - 1);
        wait.Index = -1;
        _count = _waiting.Count;
    }
}
