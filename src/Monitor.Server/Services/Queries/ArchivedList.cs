using Monitor.V1;

namespace Monitor.Server;

/// <summary>A page of events of log and archive, newest first. Dispose of it after they were sent.</summary>
internal sealed class ArchivedList : IDisposable
{
    public ArchivedList(PooledBuffer events)
    {
        Owner = events;
        Events = events.Written;
    }

    public ArchivedList(Events.QueryResult ofLog)
    {
        Owner = ofLog;
        Events = ofLog.Events;
    }

    /// <inheritdoc cref="Events.QueryResult.Events"/>
    public ReadOnlyMemory<byte> Events { get; }

    /// <summary>What owns them.</summary>
    public IDisposable Owner { get; }

    /// <inheritdoc cref="Events.QueryResult.Count"/>
    public required int Count { get; init; }

    /// <inheritdoc cref="Events.QueryResult.TotalCount"/>
    public required long TotalCount { get; init; }

    /// <inheritdoc cref="Events.QueryResult.IsAtLeast"/>
    public required bool IsAtLeast { get; init; }

    /// <summary>How many process ids they have; 0 where that was not asked for.</summary>
    public required int PidCount { get; init; }

    /// <inheritdoc cref="Events.QueryResult.NextPageToken"/>
    public required string NextPageToken { get; init; }

    /// <inheritdoc cref="Events.QueryResult.OldestTimeUnixNanos"/>
    public required long? OldestTimeUnixNanos { get; init; }

    /// <inheritdoc cref="Events.QueryResult.QueryTime"/>
    public required DateTimeOffset QueryTime { get; init; }

    /// <inheritdoc cref="Events.QueryResult.Filter"/>
    public required EventFilter Filter { get; init; }

    public void Dispose() => Owner.Dispose();
}
