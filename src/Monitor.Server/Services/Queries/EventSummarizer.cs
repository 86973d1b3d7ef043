using System.Globalization;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Answers SummarizeConnections and SummarizePacketDrops from the log, and from the archive where there is one.</summary>
internal sealed class EventSummarizer(EventLog log, QueryCores cores, MonitorServerOptions options, ArchivedQueries archived)
{
    // The reason that agents report on kernels that give none. It also stands for a drop whose agent sent no reason.
    private const string NoReason = "NOT_SPECIFIED";

    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<SummarizeConnectionsResponse> SummarizeAsync(
        SummarizeConnectionsRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        var seconds = ReadSeconds(request.DurationSeconds);
        var interval = ReadInterval(request.IntervalSeconds, seconds);
        var (summary, now) = await CountAsync(EventTypes.Connection, request, access, seconds, interval, cancellationToken);
        var response = new SummarizeConnectionsResponse
        {
            Count = ToInt32(summary.Count),
            FailedCount = ToInt32(summary.FailedCount),
            DurationSeconds = seconds,
            Filters = summary.Filter,
            QueryTime = now,
            OldestTime = OldestTime(summary),
        };
        response.ByOutcome.AddRange(summary.ByOutcome
            .OrderBy(entry => entry.Key)
            .Select(entry => new OutcomeCount { Outcome = entry.Key, Count = ToInt32(entry.Value) }));
        Fill(response.ByError, summary.ByError);
        Fill(response.ByNode, summary.ByNode);
        foreach (var part in summary.Intervals)
        {
            var shown = new ConnectionInterval
            {
                Start = UnixNanos.ToTimestamp(part.StartUnixNanos),
                Count = ToInt32(part.Count),
                FailedCount = ToInt32(part.FailedCount),
            };
            Fill(shown.ByError, part.ByError);
            response.Intervals.Add(shown);
        }

        return response;
    }

    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<SummarizePacketDropsResponse> SummarizeAsync(
        SummarizePacketDropsRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        var seconds = ReadSeconds(request.DurationSeconds);
        var interval = ReadInterval(request.IntervalSeconds, seconds);
        var (summary, now) = await CountAsync(EventTypes.PacketDrop, request, access, seconds, interval, cancellationToken);
        var response = new SummarizePacketDropsResponse
        {
            Count = ToInt32(summary.Count),
            DurationSeconds = seconds,
            Filters = summary.Filter,
            QueryTime = now,
            OldestTime = OldestTime(summary),
        };
        Fill(response.ByReason, summary.ByReason, NoReason);
        Fill(response.ByNode, summary.ByNode);
        foreach (var part in summary.Intervals)
        {
            var shown = new DropInterval { Start = UnixNanos.ToTimestamp(part.StartUnixNanos), Count = ToInt32(part.Count) };
            Fill(shown.ByReason, part.ByReason, NoReason);
            response.Intervals.Add(shown);
        }

        return response;
    }

    private async Task<(EventSummary Summary, Timestamp Now)> CountAsync(
        string type, IEventFilterFields request, RequestAccess access, int seconds, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var now = options.Time.GetUtcNow();
        var filter = request.ToEventFilter();
        await access.NarrowAsync(filter, cancellationToken);
        filter.Type.Add(type);
        filter.Since = Timestamp.FromDateTimeOffset(now.AddSeconds(-seconds));
        var summary = archived.HasArchive
            ? await archived.SummarizeAsync(filter, interval, cancellationToken)
            : await cores.RunAsync(() => log.Summarize(filter, interval, cancellationToken), cancellationToken);
        return (summary, Timestamp.FromDateTimeOffset(now));
    }

    private static TimeSpan? ReadInterval(int requested, int seconds)
    {
        if (requested == 0)
        {
            return null;
        }

        var least = (seconds + ContractLimits.MaxSummaryIntervals - 1) / ContractLimits.MaxSummaryIntervals;
        return requested >= least && requested <= ContractLimits.MaxSummarySeconds
            ? TimeSpan.FromSeconds(requested)
            : throw CallErrors.InvalidField(
                "interval_seconds",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"interval_seconds: '{requested}' must be {least} to {ContractLimits.MaxSummarySeconds} for {seconds} seconds, which is {ContractLimits.MaxSummaryIntervals} intervals at most, or 0 for none."));
    }

    private static int ReadSeconds(int requested) => requested switch
    {
        0 => ContractLimits.DefaultSummarySeconds,
        >= 1 and <= ContractLimits.MaxSummarySeconds => requested,
        _ => throw CallErrors.InvalidField(
            "duration_seconds",
            string.Create(
                CultureInfo.InvariantCulture,
                $"duration_seconds: '{requested}' must be 1 to {ContractLimits.MaxSummarySeconds}, or 0 for {ContractLimits.DefaultSummarySeconds}.")),
    };

    // The most frequent first, for people; a map promises no order.
    private static void Fill(MapField<string, int> map, IReadOnlyDictionary<string, long> counts, string nameless = "")
    {
        foreach (var (name, count) in counts.OrderByDescending(entry => entry.Value))
        {
            var key = name.Length == 0 ? nameless : name;
            map[key] = ToInt32((map.TryGetValue(key, out var before) ? before : 0) + count);
        }
    }

    private static Timestamp? OldestTime(EventSummary summary) =>
        summary.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null;

    // A log is bounded by memory, and two thousand million events do not fit in one.
    private static int ToInt32(long count) => (int)Math.Min(count, int.MaxValue);
}
