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

    /// <summary>Lists events, newest first.</summary>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken);

    /// <summary>Counts the events of a filter, which is as that of <see cref="ArchiveQuery"/>, with <c>until</c>.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="interval">Length of the intervals to count by too; null: none.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="ArchiveException">It does not answer.</exception>
    Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken);
}
