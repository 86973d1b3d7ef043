using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Puts the addresses of one kind of objects into the address book.</summary>
internal sealed class AddressOwners<T>(
    AddressBook book,
    Lock gate,
    TimeProvider time,
    TimeSpan retention,
    Func<T, AddressOwner> owner,
    Func<T, Peer> peer) : IWatchSink<T>
    where T : class
{
    private readonly Dictionary<Guid, Known> _known = [];

    /// <summary>Objects that have addresses.</summary>
    public int Count => _known.Count;

    public void Replace(IReadOnlyList<T> all)
    {
        lock (gate)
        {
            var present = all.Select(item => owner(item).Uid).ToHashSet();
            foreach (var uid in _known.Keys)
            {
                if (!present.Contains(uid))
                {
                    End(uid, Now);
                }
            }

            foreach (var item in all)
            {
                Take(item);
            }
        }
    }

    public void Upsert(T item)
    {
        lock (gate)
        {
            Take(item);
        }
    }

    public void Remove(T item)
    {
        lock (gate)
        {
            var gone = owner(item);
            End(gone.Uid, Math.Min(gone.Stopped ?? Now, Now));
        }
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Take(T item)
    {
        var now = Now;
        var state = owner(item);
        var known = _known.GetValueOrDefault(state.Uid);
        if (state.To is { } to)
        {
            if (known is not null)
            {
                End(state.Uid, Math.Min(to, now));
            }
            else if (to > now - retention.TotalMilliseconds)
            {
                Add(state, peer(item), Math.Min(to, now));
            }

            return;
        }

        if (known is not null && known.Addresses.AsSpan().SequenceEqual(state.Addresses))
        {
            return;
        }

        var since = state.From;
        if (known is not null)
        {
            foreach (var address in known.Addresses)
            {
                if (!state.Addresses.Contains(address))
                {
                    book.End(address, state.Uid, now);
                }
            }

            // What it had not a moment ago it has got just now.
            since = known.Addresses.Length > 0 ? now : since;
        }

        if (state.Addresses.Length == 0)
        {
            _known.Remove(state.Uid);
            return;
        }

        _known[state.Uid] = new Known(state.Addresses);
        var made = peer(item);
        foreach (var address in state.Addresses)
        {
            if (known is null || !known.Addresses.Contains(address))
            {
                book.Add(address, new AddressInterval(state.Uid, made, since, AddressInterval.Open));
            }
        }
    }

    private void Add(AddressOwner state, Peer made, long to)
    {
        foreach (var address in state.Addresses)
        {
            book.Add(address, new AddressInterval(state.Uid, made, state.From, to));
        }
    }

    private void End(Guid uid, long to)
    {
        if (_known.Remove(uid, out var known))
        {
            foreach (var address in known.Addresses)
            {
                book.End(address, uid, to);
            }
        }
    }

    private sealed record Known(UInt128[] Addresses);
}
