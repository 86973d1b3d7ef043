namespace Monitor.Events;

/// <summary>What can be said of a stored segment before it is read.</summary>
internal static class StoredScan
{
    /// <summary>Whether one of its events can match; false only where none does.</summary>
    /// <param name="segment">The segment; its caller need not have entered it.</param>
    /// <param name="stored">What is stored of it.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="types">The filter's types, refreshed.</param>
    public static bool MayMatch(Segment segment, IStoredSegment stored, EventFilterPlan filter, TypeSelection types) =>
        segment.MaxTime >= filter.Since
        && segment.MinTime < filter.Until
        // Types are counted over all namespaces; see ValueIndex.HashesOf.
        && (!filter.ByType || filter.ByNamespace || segment.TypeCount(EventTypeTable.Other) > 0 || types.CountIn(segment) > 0)
        && stored.MayMatch(filter);

    /// <summary>The parts of a segment that are to be scanned instead of it: where the filter's values say that few are, and the
    /// segment is not in memory. Null: scan the whole.</summary>
    public static IReadOnlyList<Segment>? PartsOf(Segment segment, IStoredSegment stored, EventFilterPlan filter)
    {
        if (filter.ValueHashes.Length == 0)
        {
            return null;
        }

        if (segment.TryEnter())
        {
            segment.Release();
            return null;
        }

        return stored.PartsThatMayMatch(filter);
    }

    /// <summary>Whether all its events are of the times that the filter asks for.</summary>
    public static bool IsWithin(Segment segment, EventFilterPlan filter) =>
        segment.MinTime >= filter.Since && segment.MaxTime < filter.Until;
}
