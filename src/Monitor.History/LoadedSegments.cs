using Monitor.Events;

namespace Monitor.History;

/// <summary>Keeps the segments in memory that were read from the history lately. Any thread.</summary>
/// <param name="capacity">How many: 4 MiB each at most.</param>
internal sealed class LoadedSegments(int capacity)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Segment> _segments = [];

    /// <summary>Takes one over, with one of its references.</summary>
    public void Add(Segment segment)
    {
        Segment? left = null;
        lock (_lock)
        {
            _segments.AddFirst(segment);
            if (_segments.Count > capacity)
            {
                left = _segments.Last!.Value;
                _segments.RemoveLast();
            }
        }

        left?.Release();
    }
}
