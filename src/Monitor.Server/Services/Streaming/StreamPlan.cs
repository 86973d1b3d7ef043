using System.Globalization;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>A request for a stream, checked: where it starts, and how it is cut into messages.</summary>
internal sealed class StreamPlan
{
    /// <summary>Reads the log from the place that was asked for.</summary>
    public required EventCursor Cursor { get; init; }

    /// <summary>Reads from the archive what comes before that; null where nothing does.</summary>
    public ArchiveReplay? Replay { get; init; }

    /// <summary>Most events of a message.</summary>
    public required int MaxEvents { get; init; }

    /// <summary>How long an event may wait for its message to fill.</summary>
    public required TimeSpan MaxDelay { get; init; }

    /// <summary>Whether to report the agents of an aggregator.</summary>
    public required bool AgentStatus { get; init; }

    /// <summary>Whether losses say how many: they are of all namespaces together.</summary>
    public required bool CountsLosses { get; init; }

    /// <summary>Checks the request and opens the cursor, for what its reader may read.</summary>
    /// <exception cref="Grpc.Core.RpcException">The request is bad, or asks for too much; it says why.</exception>
    public static async ValueTask<StreamPlan> CreateAsync(
        StreamEventsRequest request,
        EventLog log,
        ArchivedQueries archived,
        RequestAccess access,
        FieldChecker fields,
        CancellationToken cancellationToken)
    {
        var filter = request.ToEventFilter();
        await access.NarrowAsync(filter, cancellationToken);
        await fields.CheckAsync(filter, cancellationToken);
        if (request.AgentStatus && !access.ShowsStatus)
        {
            throw access.Denied("agent_status: your credential does not allow reading agents");
        }

        var countsLosses = !access.IsScoped;
        if (!archived.HasArchive)
        {
            return Create(request, filter, log, countsLosses);
        }

        if (ReplayToken.TryParse(request.ResumeToken, out var token))
        {
            CheckNoSince(request);
            filter.Since = token.Since == long.MinValue ? null : UnixNanos.ToTimestamp(token.Since);
            var cursor = Open(log, filter, LogPosition.Oldest);
            return Create(request, cursor, await archived.ResumeAsync(cursor, token, cancellationToken), countsLosses);
        }

        if (request.ResumeToken.Length > 0 && request.Since is null && log.Resume(request.ResumeToken) is { Status: ResumeStatus.Evicted } resume
            && ResumeToken.TryParse(request.ResumeToken, out var evicted) && evicted is { Delivered: not null, HasDuplicatesAhead: false })
        {
            var cursor = Open(log, filter, resume.Position);
            try
            {
                return Create(request, cursor, await archived.ResumeAsync(cursor, evicted, cancellationToken), countsLosses);
            }
            catch (RpcException away) when (away.StatusCode == StatusCode.Unavailable && request.AcceptLoss)
            {
                return Create(request, filter, log, countsLosses);
            }
        }

        var plan = Create(request, filter, log, countsLosses);
        return request.Since is null ? plan : Create(request, plan.Cursor, await archived.ReplayAsync(plan.Cursor, cancellationToken), countsLosses);
    }

    /// <summary>Checks the request and opens the cursor.</summary>
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public static StreamPlan Create(StreamEventsRequest request, EventFilter filter, EventLog log, bool countsLosses) =>
        Create(request, Open(log, filter, StartOf(request, log, countsLosses)), null, countsLosses);

    private static StreamPlan Create(StreamEventsRequest request, EventCursor cursor, ArchiveReplay? replay, bool countsLosses) => new()
    {
        Cursor = cursor,
        Replay = replay,
        MaxEvents = ReadMaxEvents(request),
        MaxDelay = ReadMaxDelay(request),
        AgentStatus = request.AgentStatus,
        CountsLosses = countsLosses,
    };

    private static EventCursor Open(EventLog log, EventFilter filter, LogPosition from)
    {
        try
        {
            return log.OpenCursor(filter, from);
        }
        catch (FilterException bad)
        {
            throw CallErrors.InvalidField(bad);
        }
    }

    private static void CheckNoSince(StreamEventsRequest request)
    {
        if (request.Since is not null)
        {
            throw CallErrors.InvalidField(
                "since", "since: cannot be given together with resume_token, which says where to start. Leave one out.");
        }
    }

    private static int ReadMaxEvents(StreamEventsRequest request) => request.MaxBatchEvents switch
    {
        0 => ContractLimits.DefaultBatchEvents,
        >= 1 and <= ContractLimits.MaxBatchEvents => request.MaxBatchEvents,
        _ => throw CallErrors.InvalidField(
            "max_batch_events",
            string.Create(
                CultureInfo.InvariantCulture,
                $"max_batch_events: '{request.MaxBatchEvents}' must be 1 to {ContractLimits.MaxBatchEvents}, or 0 for {ContractLimits.DefaultBatchEvents}.")),
    };

    private static TimeSpan ReadMaxDelay(StreamEventsRequest request)
    {
        if (request.MaxBatchDelay is not { } delay)
        {
            return ContractLimits.DefaultBatchDelay;
        }

        // Not by way of TimeSpan, which cannot hold all that a Duration can.
        var most = (long)ContractLimits.MaxBatchDelay.TotalSeconds;
        return delay is { Seconds: >= 0, Nanos: >= 0 and < 1_000_000_000 }
            && (delay.Seconds < most || (delay.Seconds == most && delay.Nanos == 0))
            ? TimeSpan.FromSeconds(delay.Seconds) + TimeSpan.FromTicks(delay.Nanos / TimeSpan.NanosecondsPerTick)
            : throw CallErrors.InvalidField(
                "max_batch_delay",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"max_batch_delay: {delay.Seconds} s {delay.Nanos} ns must be 0 to {most} seconds, for example '0.005s'."));
    }

    private static LogPosition StartOf(StreamEventsRequest request, EventLog log, bool countsLosses)
    {
        if (request.ResumeToken.Length == 0)
        {
            // accept_loss alone is no mistake: a client may send it with every request, the first one included.
            return request.Since is { } since ? LogPosition.Since(UnixNanos.From(since) ?? 0) : LogPosition.End;
        }

        CheckNoSince(request);
        return ResumeAfter(request, log, countsLosses);
    }

    private static LogPosition ResumeAfter(StreamEventsRequest request, EventLog log, bool countsLosses)
    {
        var resume = log.Resume(request.ResumeToken);
        switch (resume.Status)
        {
            case ResumeStatus.Ok:
                return resume.Position;
            case ResumeStatus.Evicted when request.AcceptLoss:
                return resume.Position;
            case ResumeStatus.Evicted when !countsLosses:
                throw CallErrors.OutOfRange(
                    "resume_token",
                    "resume_token: events after it have left the log. Resume with accept_loss to start with the oldest and have the gap reported.");
            case ResumeStatus.Evicted:
                var oldest = log.GetStatistics().OldestTimeUnixNanos is { } time
                    ? $" of {UnixNanos.ToTimestamp(time).ToString().Trim('"')}"
                    : "";
                throw CallErrors.OutOfRange(
                    "resume_token",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"resume_token: {resume.Missed} events after it have left the log: it continues at sequence {resume.NextSequence}, and the oldest stored event is {resume.OldestSequence}{oldest}. Resume with accept_loss to start there and have the gap reported."));
            case ResumeStatus.OtherEpoch:
                throw CallErrors.InvalidField(
                    "resume_token",
                    $"resume_token: '{MessageText.Shorten(request.ResumeToken)}' is of another server, or of this one before it was "
                    + "restarted; what was not read of that run is not known here. Start without it, or with since.");
            default:
                throw CallErrors.InvalidField(
                    "resume_token",
                    $"resume_token: '{MessageText.Shorten(request.ResumeToken)}' is not a token of this server. It must be the "
                    + "resume_token of a message of an earlier stream, unchanged.");
        }
    }
}
