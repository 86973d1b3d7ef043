namespace Monitor.Kubernetes.Pods;

/// <summary>
/// What the reader thread asked for in vain, handed to the task that finds it. One thread on either side; what comes while
/// it is full is dropped, since it will be asked for again.
/// </summary>
internal sealed class MissRing : IDisposable
{
    private const int Capacity = 256;

    private readonly (ulong CgroupId, uint Pid)[] _misses = new (ulong, uint)[Capacity];
    private readonly SemaphoreSlim _signal = new(0);
    private long _written;
    private long _read;
    private int _isWaiting;

    /// <summary>All that were added.</summary>
    public long Count => Volatile.Read(ref _written);

    /// <summary>Adds one; the reader thread.</summary>
    public void Add(ulong cgroupId, uint pid)
    {
        var written = _written;
        var ahead = written - Volatile.Read(ref _read);
        if (ahead == Capacity || (ahead > 0 && _misses[(written - 1) % Capacity] == (cgroupId, pid)))
        {
            return;
        }

        _misses[written % Capacity] = (cgroupId, pid);
        Volatile.Write(ref _written, written + 1);
        // Either this sees that the other side waits, or the other side sees what was written.
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Takes one.</summary>
    public bool TryTake(out ulong cgroupId, out uint pid)
    {
        if (_read == Volatile.Read(ref _written))
        {
            (cgroupId, pid) = (0, 0);
            return false;
        }

        (cgroupId, pid) = _misses[_read % Capacity];
        Volatile.Write(ref _read, _read + 1);
        return true;
    }

    /// <summary>Ends a wait, if there is one or as soon as there is.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isWaiting) == 1 && Interlocked.Exchange(ref _isWaiting, 0) == 1)
        {
            _signal.Release();
        }
    }

    /// <summary>Waits for one, or for a call of <see cref="Wake"/>, or for the time to pass.</summary>
    /// <param name="time">At most this long.</param>
    /// <param name="isIdle">Whether there is really nothing to do, asked when calls of Wake count already.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(TimeSpan time, Func<bool> isIdle, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _isWaiting, 1);
        if (_read == Volatile.Read(ref _written) && isIdle())
        {
            await _signal.WaitAsync(time, cancellationToken);
        }

        if (Interlocked.Exchange(ref _isWaiting, 0) == 0)
        {
            // Somebody released it, now or while the time ran out.
            _signal.Wait(0, CancellationToken.None);
        }
    }

    public void Dispose() => _signal.Dispose();
}
