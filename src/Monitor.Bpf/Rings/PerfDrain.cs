namespace Monitor.Bpf.Rings;

/// <summary>
/// One pass over everything that the rings held when it started, earliest first by <see cref="PerfRecord.Timestamp"/>.
/// What arrives meanwhile waits for the next one, so a pass ends even in a storm. It allocates nothing.
/// </summary>
/// <remarks>
/// Within one CPU the kernel's order is kept, whatever the times say. A record that was written before another but
/// became visible after its ring had been looked at comes with the next drain.
/// </remarks>
public ref struct PerfDrain
{
    private readonly PerfRingReader _reader;
    private readonly Entry[] _heap;
    private int _count;
    private bool _started;
    private bool _disposed;

    internal PerfDrain(PerfRingReader reader)
    {
        _reader = reader;
        _heap = reader.Heap;
        var sets = reader.Sets;
        for (var i = 0; i < sets.Length; i++)
        {
            reader.Acquired[i] = sets[i].TryAcquire();
            if (!reader.Acquired[i])
            {
                continue;
            }

            foreach (var ring in sets[i].Rings)
            {
                if (ring.Begin())
                {
                    _heap[_count++] = new Entry(ring.Timestamp, ring);
                }
            }
        }

        for (var i = (_count / 2) - 1; i >= 0; i--)
        {
            SiftDown(i);
        }
    }

    /// <summary>To the next record; the one before becomes invalid.</summary>
    /// <returns>False at the end.</returns>
    public bool MoveNext(out PerfRecord record)
    {
        if (_started && _count > 0)
        {
            var ring = _heap[0].Ring;
            if (ring.Advance())
            {
                _heap[0] = new Entry(ring.Timestamp, ring);
            }
            else
            {
                // Nothing else of this ring is in use: its room can go back now.
                ring.Release();
                _heap[0] = _heap[--_count];
            }

            SiftDown(0);
        }

        _started = true;
        if (_count == 0)
        {
            record = default;
            return false;
        }

        var next = _heap[0].Ring;
        record = new PerfRecord
        {
            Kind = next.Kind,
            SetIndex = next.SetIndex,
            Cpu = next.Cpu,
            Timestamp = next.Timestamp,
            PreviousTimestamp = next.PreviousTimestamp,
            Payload = next.Kind == PerfRecordKind.Sample ? next.Payload(_reader.Scratch) : default,
            LostCount = next.Kind == PerfRecordKind.Lost ? next.Count : 0,
            CorruptBytes = next.Kind == PerfRecordKind.Corrupt ? next.Count : 0,
        };
        return true;
    }

    /// <summary>
    /// Ends the pass and gives the room of everything that was handed out back to the kernel; the rest stays for the
    /// next one.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_started && _count > 0)
        {
            _heap[0].Ring.Abandon();
        }

        // A ring that ended with records that nobody asked for is not in the heap any more.
        var sets = _reader.Sets;
        for (var i = 0; i < sets.Length; i++)
        {
            if (!_reader.Acquired[i])
            {
                continue;
            }

            foreach (var ring in sets[i].Rings)
            {
                ring.Release();
            }

            _reader.Acquired[i] = false;
            sets[i].Release();
        }

        _count = 0;
    }

    private readonly void SiftDown(int parent)
    {
        while (true)
        {
            var child = (parent * 2) + 1;
            if (child >= _count)
            {
                return;
            }

            if (child + 1 < _count && _heap[child + 1].Timestamp < _heap[child].Timestamp)
            {
                child++;
            }

            if (_heap[parent].Timestamp <= _heap[child].Timestamp)
            {
                return;
            }

            (_heap[parent], _heap[child]) = (_heap[child], _heap[parent]);
            parent = child;
        }
    }

    /// <summary>A ring with the time of its first record beside it: looking at the rings themselves costs cache misses.</summary>
    internal readonly record struct Entry(ulong Timestamp, PerfRing Ring);
}
