using System.Collections.Concurrent;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Whose each address was, and when. Lookups on any thread; changes by one at a time.</summary>
internal sealed class AddressBook(int mostAddresses)
{
    private readonly ConcurrentDictionary<UInt128, AddressHistory> _histories = new();
    private int _count;
    private long _refused;

    /// <summary>Addresses.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Intervals that were not taken, for lack of room.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Whose an address was at a moment, ms since 1970; null where nobody's that is known.</summary>
    public Peer? Find(UInt128 address, long time) =>
        _histories.TryGetValue(address, out var history) ? history.Find(time) : null;

    /// <summary>An address is somebody's, or was.</summary>
    public void Add(UInt128 address, AddressInterval interval)
    {
        if (!_histories.TryGetValue(address, out var history))
        {
            if (_count >= mostAddresses)
            {
                Interlocked.Increment(ref _refused);
                return;
            }

            _count++;
            history = AddressHistory.Empty;
        }

        var changed = history.With(interval);
        if (changed.Count == AddressHistory.MostIntervals && history.Count == changed.Count)
        {
            Interlocked.Increment(ref _refused);
        }

        _histories[address] = changed;
    }

    /// <summary>An address is somebody's no more.</summary>
    public void End(UInt128 address, Guid owner, long time)
    {
        if (_histories.TryGetValue(address, out var history))
        {
            _histories[address] = history.Ended(owner, time);
        }
    }

    /// <summary>Forgets what ended before a moment.</summary>
    public void Forget(long before)
    {
        foreach (var (address, history) in _histories)
        {
            var kept = history.Without(before);
            if (kept.Count == 0)
            {
                _histories.TryRemove(address, out _);
                _count--;
            }
            else if (!ReferenceEquals(kept, history))
            {
                _histories[address] = kept;
            }
        }
    }
}
