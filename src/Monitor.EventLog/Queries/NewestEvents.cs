using System.Runtime.CompilerServices;

namespace Monitor.EventLog;

/// <summary>Keeps the newest so many of the events that it is offered, in a heap whose root is the oldest of them.</summary>
internal sealed class NewestEvents(int capacity)
{
    private readonly List<Candidate> _heap = new(Math.Min(capacity, 1024));

    public bool Full => _heap.Count == capacity;

    /// <summary>
    /// Whether an event of this time can still get in that precedes, by its position, all that were offered before.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Admits(long time) => _heap.Count < capacity || time > _heap[0].Time;

    /// <summary>Offers an event, in any order.</summary>
    public void Offer(in Candidate candidate)
    {
        if (_heap.Count < capacity)
        {
            _heap.Add(candidate);
            Up(_heap.Count - 1);
        }
        else if (candidate.CompareTo(_heap[0]) < 0)
        {
            _heap[0] = candidate;
            Down();
        }
    }

    /// <summary>Takes them all, newest first.</summary>
    public List<Candidate> Sorted()
    {
        _heap.Sort();
        return _heap;
    }

    private void Up(int at)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (_heap[at].CompareTo(_heap[parent]) <= 0)
            {
                return;
            }

            (_heap[at], _heap[parent]) = (_heap[parent], _heap[at]);
            at = parent;
        }
    }

    private void Down()
    {
        for (var at = 0; ;)
        {
            var child = at * 2 + 1;
            if (child >= _heap.Count)
            {
                return;
            }

            if (child + 1 < _heap.Count && _heap[child + 1].CompareTo(_heap[child]) > 0)
            {
                child++;
            }

            if (_heap[child].CompareTo(_heap[at]) <= 0)
            {
                return;
            }

            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }
}
