using Microsoft.AspNetCore.Http;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>An archive that answers so many questions of one client at a time, those of its streams too, as of its calls: an archive
/// answers a few at a time, and another client's would wait for all that one has asked.</summary>
/// <param name="archive">The archive.</param>
/// <param name="http">Who asks. Null: one who need not wait.</param>
internal sealed class SharedArchive(IEventArchive archive, IHttpContextAccessor? http) : IEventArchive
{
    private const int MostOfOneClient = 8;

    private readonly ClientTurns _turns = new(http, MostOfOneClient);

    /// <inheritdoc/>
    public ArchiveStatus Status => archive.Status;

    /// <inheritdoc/>
    public long StartUnixNanos => archive.StartUnixNanos;

    /// <inheritdoc/>
    public long WrittenPosition => archive.WrittenPosition;

    /// <inheritdoc/>
    public Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => archive.ListAsync(query, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]?> FindAsync(ulong epoch, ulong sequence, EventFilter filter, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => archive.FindAsync(epoch, sequence, filter, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<ulong, ulong>> ListRunsAsync(ArchiveRuns runs, long since, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => archive.ListRunsAsync(runs, since, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<ArchivePids> ListPidsAsync(ArchiveQuery query, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => archive.ListPidsAsync(query, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Loss>> ListLossesAsync(ArchiveLossQuery query, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => archive.ListLossesAsync(query, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => archive.SummarizeAsync(filter, interval, cancellationToken), cancellationToken);
}
