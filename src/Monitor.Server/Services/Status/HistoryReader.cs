using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>How the history is, if there is one.</summary>
internal sealed class HistoryReader(Func<HistoryStatus>? read)
{
    /// <summary>Null where there is none.</summary>
    public HistoryStatus? Status => read?.Invoke();

    /// <summary>For GetStats.</summary>
    public HistoryStats? Stats() => Status is not { } status ? null : new HistoryStats
    {
        Folder = status.Folder,
        Bytes = (ulong)status.Bytes,
        CapacityBytes = (ulong)status.MaxBytes,
        Events = (ulong)status.Events,
        Stored = (ulong)status.Stored,
        Missed = (ulong)status.Missed,
        StoredUntil = status.StoredUntil is { } until ? Timestamp.FromDateTimeOffset(until) : null,
        OldestTime = status.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
        Problem = status.Problem ?? "",
    };

    /// <summary>For GetHealth.</summary>
    public IEnumerable<HealthPart> Parts()
    {
        if (Status is { } status)
        {
            yield return new HealthPart
            {
                Name = "history",
                Status = status.Problem is null ? HealthStatus.Healthy : HealthStatus.Degraded,
                Message = status.Problem ?? "",
            };
        }
    }
}
