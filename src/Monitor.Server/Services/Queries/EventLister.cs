using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Answers ListEvents from the log, and from the archive where there is one.</summary>
internal sealed class EventLister(ClockOrder order, FieldChecker fields, ArchivedQueries archived)
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
        };
        var response = ResponseOf(await archived.ListAsync(query, cancellationToken));
        order.Describe(response);
        return response;
    }

    // What was found is the response's from here on.
    private static ListEventsResponse ResponseOf(ArchivedList result) => new()
    {
        EncodedEvents = result.Events,
        EncodedEventsOwner = result.Owner,
        Count = result.Count,
        TotalCount = (int)Math.Min(result.TotalCount, int.MaxValue),
        TotalIsAtLeast = result.IsAtLeast,
        QueryTime = Timestamp.FromDateTimeOffset(result.QueryTime),
        Filters = result.Filter,
        NextPageToken = result.NextPageToken,
        OldestTime = result.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
    };
}
