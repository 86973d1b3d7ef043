using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Answers ListConnections and ListPacketDrops from the log, and from the archive where there is one.</summary>
internal sealed class EventGrouper(ArchivedQueries archived)
{
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<ListConnectionsResponse> ListAsync(
        ListConnectionsRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        using var result = await QueryAsync(
            EventTypes.Connection, request, access, request.Limit, request.PageToken, cancellationToken);
        var groups = PidGroups.Write(result.Events);
        return new ListConnectionsResponse
        {
            EncodedEvents = groups.Written,
            EncodedEventsOwner = groups,
            TotalPids = result.PidCount,
            TotalEvents = TotalOf(result),
            TotalIsAtLeast = result.IsAtLeast,
            Count = result.Count,
            QueryTime = Timestamp.FromDateTimeOffset(result.QueryTime),
            Filters = result.Filter,
            NextPageToken = result.NextPageToken,
            OldestTime = OldestTime(result),
        };
    }

    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<ListPacketDropsResponse> ListAsync(
        ListPacketDropsRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        using var result = await QueryAsync(
            EventTypes.PacketDrop, request, access, request.Limit, request.PageToken, cancellationToken);
        var groups = PidGroups.Write(result.Events);
        return new ListPacketDropsResponse
        {
            EncodedEvents = groups.Written,
            EncodedEventsOwner = groups,
            TotalPids = result.PidCount,
            TotalEvents = TotalOf(result),
            TotalIsAtLeast = result.IsAtLeast,
            Count = result.Count,
            QueryTime = Timestamp.FromDateTimeOffset(result.QueryTime),
            Filters = result.Filter,
            NextPageToken = result.NextPageToken,
            OldestTime = OldestTime(result),
        };
    }

    private async Task<ArchivedList> QueryAsync(
        string type, IEventFilterFields request, RequestAccess access, int limit, string pageToken, CancellationToken cancellationToken)
    {
        var filter = request.ToEventFilter();
        await access.NarrowAsync(filter, cancellationToken);
        filter.Type.Add(type);
        var query = new EventQuery
        {
            Filter = filter,
            Limit = limit == 0 ? ContractLimits.DefaultGroupedListLimit : limit,
            // So that the response, with what groups add, fits in a message that gRPC clients take.
            MaxBytes = ContractLimits.MaxResponseEventBytes - ContractLimits.MaxListLimit * PidGroups.MaxOverheadBytes,
            PageToken = pageToken,
            CountPids = true,
        };
        return await archived.ListAsync(query, cancellationToken);
    }

    private static int TotalOf(ArchivedList result) => (int)Math.Min(result.TotalCount, int.MaxValue);

    private static Timestamp? OldestTime(ArchivedList result) =>
        result.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null;
}
