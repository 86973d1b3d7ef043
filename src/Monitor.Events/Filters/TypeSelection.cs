using System.Runtime.CompilerServices;

namespace Monitor.Events;

/// <summary>
/// The type numbers that a filter selects in one log. A type gets its number when it first occurs, which can be
/// after the filter was made; so readers refresh the selection. For one thread at a time.
/// </summary>
internal sealed class TypeSelection
{
    private readonly EventFilterPlan _filter;
    private readonly EventTypeTable _table;
    private readonly bool[] _selected = new bool[256];
    private int _seen;

    public TypeSelection(EventFilterPlan filter, EventTypeTable table)
    {
        _filter = filter;
        _table = table;
        // The encoded bytes say which type that is.
        _selected[EventTypeTable.Other] = true;
        Refresh();
    }

    /// <summary>Adds the types that are new. Call it after reading the count of entries.</summary>
    public void Refresh()
    {
        for (var count = _table.Count; _seen < count; _seen++)
        {
            var id = (byte)(_seen + 1);
            _selected[id] = _filter.SelectsType(_table.Utf8(id));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(byte id) => _selected[id];

    /// <summary>How many events of a sealed segment have one of the selected types that have numbers.</summary>
    public long CountIn(Segment segment)
    {
        long count = 0;
        for (var id = 1; id <= _seen; id++)
        {
            count += _selected[id] ? segment.TypeCount(id) : 0;
        }

        return count;
    }
}
