using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Monitor.Events;

/// <summary>
/// Keeps the newest of the offered events, up to a number. They mostly come newest first, so it is a plain list until a
/// newer event comes to a full list; from then on it is a heap whose root is the oldest. Of copies it keeps those that fit on a
/// page, and one more.
/// </summary>
/// <param name="capacity">Most events.</param>
/// <param name="pageBytes">Most bytes of the events of a page, but for a first one that has more.</param>
internal sealed class NewestEvents(int capacity, long pageBytes)
{
    private readonly List<Candidate> _events = new(Math.Min(capacity, 1024));
    private int _capacity = capacity;
    private long _copiedBytes;
    private bool _inOrder = true;
    private bool _isHeap;

    // The oldest of the events; a full list admits only newer ones.
    private Candidate _oldest;

    /// <summary>
    /// Whether an event of this time, with a lower position than all offered before, would be kept.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Admits(long time) => _events.Count < _capacity || time > _oldest.Time;

    /// <summary>Whether events were dropped for their bytes: then the last of <see cref="Sorted"/> is behind the page.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Offers an event, in any order.</summary>
    public void Offer(in Candidate candidate)
    {
        if (_events.Count < _capacity)
        {
            if (_events.Count == 0 || candidate.CompareTo(_oldest) > 0)
            {
                _oldest = candidate;
            }
            else
            {
                _inOrder = false;
            }

            _events.Add(candidate);
            _copiedBytes += candidate.CopiedBytes;
            CutWhereTooLarge();
            return;
        }

        if (candidate.CompareTo(_oldest) >= 0)
        {
            return;
        }

        if (!_isHeap)
        {
            for (var at = _events.Count / 2; at >= 0; at--)
            {
                Sink(at);
            }

            _isHeap = true;
            _inOrder = false;
        }

        _copiedBytes += candidate.CopiedBytes - _events[0].CopiedBytes;
        _events[0] = candidate;
        Sink(0);
        _oldest = _events[0];
        CutWhereTooLarge();
    }

    /// <summary>All of them, newest first. Do not use the object afterwards.</summary>
    public List<Candidate> Sorted()
    {
        if (!_inOrder)
        {
            _events.Sort();
        }

        return _events;
    }

    // With twice the bytes of a page, so that it is done rarely.
    private void CutWhereTooLarge()
    {
        if (_copiedBytes <= 2 * pageBytes || _events.Count < 3)
        {
            return;
        }

        _events.Sort();
        var kept = 0;
        for (_copiedBytes = 0; kept < 2 || kept < _events.Count && _copiedBytes <= pageBytes; kept++)
        {
            _copiedBytes += _events[kept].CopiedBytes;
        }

        if (kept < _events.Count)
        {
            _events.RemoveRange(kept, _events.Count - kept);
            _capacity = kept;
            IsCut = true;
        }

        _oldest = _events[^1];
        _inOrder = true;
        _isHeap = false;
    }

    private void Sink(int at)
    {
        var heap = CollectionsMarshal.AsSpan(_events);
        while (true)
        {
            var child = at * 2 + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && heap[child + 1].CompareTo(heap[child]) > 0)
            {
                child++;
            }

            if (heap[child].CompareTo(heap[at]) <= 0)
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }
}

/// <summary>An event that may be on the page.</summary>
/// <param name="Time">Its time.</param>
/// <param name="Position">Its position, which decides between events of the same time.</param>
/// <param name="Segment">Its segment.</param>
/// <param name="Copy">Its entry, where the segment is stored: the query must not keep many of these in memory. Null otherwise.</param>
internal readonly record struct Candidate(long Time, long Position, Segment Segment, byte[]? Copy) : IComparable<Candidate>
{
    public int Index => (int)(Position - Segment.Start.Position);

    public int CopiedBytes => Copy?.Length ?? 0;

    /// <summary>Newest first.</summary>
    public int CompareTo(Candidate other)
    {
        var byTime = other.Time.CompareTo(Time);
        return byTime != 0 ? byTime : other.Position.CompareTo(Position);
    }
}
