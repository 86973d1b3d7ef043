using Monitor.Events;
using Monitor.History.Format;

namespace Monitor.History;

/// <summary>The origins that stored segments name: one object for each, however often it is read. Any thread.</summary>
internal sealed class StoredOrigins
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Origin> _origins = [];
    private readonly Dictionary<string, SortedList<long, Origin>> _runs = new(StringComparer.Ordinal);

    /// <summary>The highest number of those that are stored.</summary>
    public long Highest { get; private set; }

    /// <summary>Notes that numbers up to this one were given.</summary>
    public void NoteHighest(long number)
    {
        lock (_lock)
        {
            Highest = Math.Max(Highest, number);
        }
    }

    /// <summary>The origin that this describes; null if it starts at an impossible place.</summary>
    public Origin? Of(OriginInfo info)
    {
        lock (_lock)
        {
            var number = (long)info.Number;
            if (_origins.TryGetValue(number, out var known))
            {
                return known;
            }

            if (Places.OriginPointOf(info.StartPosition, info.StartEvents) is not { } start)
            {
                return null;
            }

            var origin = new Origin(info.Epoch, info.NodeName, start, (int)info.Slot, number);
            origin.NoteLosses(0, [.. info.Losses]);
            Add(origin);
            return origin;
        }
    }

    /// <summary>Adds one that the log made, so that what is read from the store later is the same.</summary>
    public void Note(Origin origin)
    {
        lock (_lock)
        {
            if (!_origins.ContainsKey(origin.Number))
            {
                Add(origin);
            }
        }
    }

    // Each is followed by the next one of its agent that is known.
    private void Add(Origin origin)
    {
        _origins.Add(origin.Number, origin);
        Highest = Math.Max(Highest, origin.Number);
        if (!_runs.TryGetValue(origin.NodeName, out var runs))
        {
            _runs.Add(origin.NodeName, runs = []);
        }

        runs.Add(origin.Number, origin);
        var at = runs.IndexOfKey(origin.Number);
        if (at > 0)
        {
            runs.Values[at - 1].Next = origin;
        }

        if (at + 1 < runs.Count)
        {
            origin.Next = runs.Values[at + 1];
        }
    }
}
