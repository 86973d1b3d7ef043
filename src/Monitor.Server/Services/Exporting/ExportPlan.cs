using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>A request for an export, checked: what of the log it sends, and as what.</summary>
internal sealed class ExportPlan
{
    public required ExportFormat Format { get; init; }

    /// <summary>Reads the log from the window's begin.</summary>
    public required EventCursor Cursor { get; init; }

    /// <summary>Reads from the archive what comes before that; null where nothing does.</summary>
    public required ArchiveReplay? Replay { get; init; }

    /// <summary>The end of the log when the request came; there the export ends.</summary>
    public required long EndPosition { get; init; }

    /// <summary>When the request came.</summary>
    public required DateTimeOffset RequestTime { get; init; }

    /// <summary>What had left the log before the window's begin; null where nothing of the window had.</summary>
    public required Loss? Before { get; init; }

    /// <summary>Whether losses say how many: they are of all namespaces together.</summary>
    public required bool CountsLosses { get; init; }

    /// <summary>Checks the request and opens the cursor, for what its reader may read.</summary>
    /// <param name="request">The request.</param>
    /// <param name="accepted">The format where the request names none.</param>
    /// <param name="log">The log.</param>
    /// <param name="archived">Finds what it has no more.</param>
    /// <param name="access">What the reader may read.</param>
    /// <param name="fields">Knows the fields of the user's own monitors.</param>
    /// <param name="options">The clock, and the name of the log's node.</param>
    /// <param name="cancellationToken">The client has left.</param>
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public static async ValueTask<ExportPlan> CreateAsync(
        ExportEventsRequest request,
        ExportFormat accepted,
        EventLog log,
        ArchivedQueries archived,
        RequestAccess access,
        FieldChecker fields,
        MonitorServerOptions options,
        CancellationToken cancellationToken)
    {
        var format = request.Format.Length == 0 ? accepted : ExportFormat.Find(request.Format) ?? throw CallErrors.InvalidField(
            "format",
            $"format: '{MessageText.Shorten(request.Format)}' must be {string.Join(" or ", ExportFormat.All.Select(format => format.Name))}, "
            + $"or unset for {ExportFormat.All[0].Name}.");
        var filter = request.ToEventFilter();
        await access.NarrowAsync(filter, cancellationToken);
        await fields.CheckAsync(filter, cancellationToken);

        // The end before the begin, so that there is never more behind the cursor than up to the end.
        var now = options.Time.GetUtcNow();
        var end = log.OpenCursor(null, LogPosition.End).Position;
        var until = Timestamp.FromDateTimeOffset(now);
        filter.Until ??= filter.Since is { } begin && begin > until ? begin.Clone() : until;
        try
        {
            var since = filter.Since is null ? null : UnixNanos.From(filter.Since);
            var cursor = log.OpenCursor(filter, since is { } from ? LogPosition.Since(from) : LogPosition.Oldest);
            var replay = await archived.ReplayAsync(cursor, cancellationToken);
            return new ExportPlan
            {
                Replay = replay,
                Format = format,
                Cursor = cursor,
                EndPosition = end,
                RequestTime = now,
                Before = replay is not null ? null : LossBefore(cursor, since, log, options.NodeName, access.IsScoped),
                CountsLosses = !access.IsScoped,
            };
        }
        catch (FilterException bad)
        {
            throw CallErrors.InvalidField(bad);
        }
    }

    private static Loss? LossBefore(EventCursor cursor, long? since, EventLog log, string nodeName, bool isScoped)
    {
        if (cursor.EventsBefore == 0
            || cursor.Position > log.OpenCursor(null, LogPosition.Oldest).Position
            || log.GetStatistics().OldestTimeUnixNanos <= since
            || (nodeName.Length > 0 && cursor.Filter.NodeName.Count > 0 && !cursor.Filter.NodeName.Contains(nodeName)))
        {
            return null;
        }

        // With a begin, how many of them were in the window is not known.
        return new Loss
        {
            NodeName = nodeName,
            Cause = LossCause.Evicted,
            Count = since is null && !isScoped ? (ulong)cursor.EventsBefore : 0,
        };
    }
}
