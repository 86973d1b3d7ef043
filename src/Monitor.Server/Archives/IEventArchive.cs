using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Where the events of a log are kept beyond it. Any thread.</summary>
public interface IEventArchive
{
    /// <summary>How it is doing now.</summary>
    ArchiveStatus Status { get; }

    /// <summary>When this log began, in nanoseconds since 1970: what is older may be in the archive alone.</summary>
    long StartUnixNanos { get; }

    /// <summary>What of the log is in the archive: all before this position, but for what is in its losses.</summary>
    long WrittenPosition { get; }

    /// <summary>Lists events.</summary>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken);

    /// <summary>The event whose id has these parts, encoded; null if there is none that matches.</summary>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<byte[]?> FindAsync(ulong epoch, ulong sequence, EventFilter filter, CancellationToken cancellationToken);

    /// <summary>How far it has the runs of agents that have events since a time, in nanoseconds since 1970: the last sequence of each.</summary>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<IReadOnlyDictionary<ulong, ulong>> ListRunsAsync(ArchiveRuns runs, long since, CancellationToken cancellationToken);

    /// <summary>The process ids of the events of a query, whatever its limits and its place.</summary>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<ArchivePids> ListPidsAsync(ArchiveQuery query, CancellationToken cancellationToken);

    /// <summary>What is missing: a loss for each node, type and cause.</summary>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<IReadOnlyList<Loss>> ListLossesAsync(ArchiveLossQuery query, CancellationToken cancellationToken);

    /// <summary>Counts the events of a filter, which is as that of <see cref="ArchiveQuery"/>, with <c>until</c>.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="interval">Length of the intervals to count by too; null: none.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken);
}
