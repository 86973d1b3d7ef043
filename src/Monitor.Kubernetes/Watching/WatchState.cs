namespace Monitor.Kubernetes.Watching;

/// <summary>What a reflector knows of itself. One writer, any number of readers.</summary>
internal sealed class WatchState(string resource, TimeProvider time)
{
    private readonly Lock _gate = new();
    private WatchStatus _status = new(resource, WatchPhase.Starting, null, null, 0, 0, 0, 0);

    public WatchStatus Read()
    {
        lock (_gate)
        {
            return _status;
        }
    }

    /// <summary>The server answered.</summary>
    public void Heard() => Change(status => status with { LastContact = time.GetUtcNow() });

    /// <summary>A whole list came.</summary>
    public void Listed(int objects, long malformed) => Change(status => status with
    {
        LastContact = time.GetUtcNow(),
        Objects = objects,
        Lists = status.Lists + 1,
        Malformed = status.Malformed + malformed,
    });

    /// <summary>A watch stands.</summary>
    /// <returns>Whether there was an error before.</returns>
    public bool Watching()
    {
        var failed = Read().Error is not null;
        Change(status => status with { Phase = WatchPhase.Watching, Error = null, LastContact = time.GetUtcNow() });
        return failed;
    }

    /// <summary>A watch told of objects.</summary>
    public void Changed(int objects, int malformed = 0) => Change(status => status with
    {
        LastContact = time.GetUtcNow(),
        Changes = status.Changes + objects,
        Malformed = status.Malformed + malformed,
    });

    /// <summary>Something went wrong.</summary>
    /// <returns>Whether it is something else than before.</returns>
    public bool Fail(string error)
    {
        var isNew = Read().Error != error;
        Change(status => status with { Phase = WatchPhase.Failing, Error = error });
        return isNew;
    }

    private void Change(Func<WatchStatus, WatchStatus> change)
    {
        lock (_gate)
        {
            _status = change(_status);
        }
    }
}
