namespace Monitor.Server;

/// <summary>
/// Merges a page of the log and a page of the archive, both newest first, to one page of the list. An event that is in both comes
/// once. It ends where one of the two ended though it has more: what follows there may come before what the other has.
/// </summary>
internal sealed class ListMerge
{
    private readonly List<(EventKey Key, ReadOnlyMemory<byte> Encoded)> _events = [];

    private ListMerge()
    {
    }

    /// <summary>The events.</summary>
    public IReadOnlyList<(EventKey Key, ReadOnlyMemory<byte> Encoded)> Events => _events;

    /// <summary>How many of the log's were taken, those that are in both included.</summary>
    public int FromLog { get; private set; }

    /// <summary>Whether there is more.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Merges.</summary>
    /// <param name="log">Events of the log.</param>
    /// <param name="logHasMore">Whether it has older ones.</param>
    /// <param name="archive">Events of the archive.</param>
    /// <param name="archiveHasMore">Whether it has older ones.</param>
    /// <param name="limit">Most events.</param>
    /// <param name="maxBytes">Most bytes; one event comes in any case.</param>
    public static ListMerge Of(
        IReadOnlyList<(EventKey Key, ReadOnlyMemory<byte> Encoded)> log,
        bool logHasMore,
        IReadOnlyList<(EventKey Key, ReadOnlyMemory<byte> Encoded)> archive,
        bool archiveHasMore,
        int limit,
        int maxBytes)
    {
        var merge = new ListMerge();
        // Events of one nanosecond may be in another order in the log.
        var taken = new HashSet<EventKey>();
        var (atLog, atArchive, bytes) = (0, 0, 0L);
        while (true)
        {
            while (atLog < log.Count && taken.Contains(log[atLog].Key))
            {
                atLog++;
            }

            while (atArchive < archive.Count && taken.Contains(archive[atArchive].Key))
            {
                atArchive++;
            }

            var hasLog = atLog < log.Count;
            var hasArchive = atArchive < archive.Count;
            if (!hasLog && logHasMore || !hasArchive && archiveHasMore || !hasLog && !hasArchive)
            {
                merge.HasMore = logHasMore || archiveHasMore || hasLog || hasArchive;
                break;
            }

            var next = hasLog && (!hasArchive || log[atLog].Key >= archive[atArchive].Key) ? log[atLog] : archive[atArchive];
            if (merge._events.Count == limit || merge._events.Count > 0 && bytes + next.Encoded.Length > maxBytes)
            {
                merge.HasMore = true;
                break;
            }

            bytes += next.Encoded.Length;
            taken.Add(next.Key);
            merge._events.Add(next);
        }

        merge.FromLog = atLog;
        return merge;
    }
}
