using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Answers ListEvents from the log, and from the archive where there is one.</summary>
internal sealed class EventLister(EventLog log, QueryCores cores, ClockOrder order, FieldChecker fields, ArchivedQueries archived)
{
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<ListEventsResponse> ListAsync(
        ListEventsRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        var filter = request.ToEventFilter();
        await access.NarrowAsync(filter, cancellationToken);
        await fields.CheckAsync(filter, cancellationToken);
        var query = new EventQuery
        {
            Filter = filter,
            Limit = request.Limit,
            PageToken = request.PageToken,
            Cancellation = cancellationToken,
        };
        var response = archived.HasArchive
            ? await archived.ListAsync(filter, request.Limit, request.PageToken, cancellationToken)
            : ResponseOf(await cores.RunAsync(() => log.Query(query), cancellationToken));
        order.Describe(response);
        return response;
    }

    /// <summary>What a query of the log found, which the response owns.</summary>
    public static ListEventsResponse ResponseOf(QueryResult result) => new()
    {
        EncodedEvents = result.Events,
        EncodedEventsOwner = result,
        Count = result.Count,
        TotalCount = (int)Math.Min(result.TotalCount, int.MaxValue),
        TotalIsAtLeast = result.IsAtLeast,
        QueryTime = Timestamp.FromDateTimeOffset(result.QueryTime),
        Filters = result.Filter,
        NextPageToken = result.NextPageToken,
        OldestTime = result.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
    };
}
