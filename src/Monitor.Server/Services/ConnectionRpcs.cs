using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.ConnectionService</c>.</summary>
internal sealed class ConnectionRpcs(ConnectionSource source, MonitorServerOptions options) : ConnectionService.ConnectionServiceBase
{
    private const string NotForYou = "its connections could not be listed";

    public override async Task<ListOpenConnectionsResponse> ListOpenConnections(
        ListOpenConnectionsRequest request, ServerCallContext context)
    {
        var access = RequestAccess.Of(context.GetHttpContext());
        var filter = request.ToEventFilter();
        await access.NarrowAsync(filter, context.CancellationToken);
        var (query, page) = await ListAsync(filter, request, context.CancellationToken);
        var response = new ListOpenConnectionsResponse
        {
            Count = page.Connections.Count,
            TotalCount = (int)Math.Min(page.TotalCount, int.MaxValue),
            QueryTime = Timestamp.FromDateTimeOffset(options.Time.GetUtcNow()),
            Filters = query.Filter.Canonical,
            NextPageToken = page is { HasMore: true, Last: { } last } ? query.TokenAfter(last) : "",
        };
        response.Connections.AddRange(page.Connections);
        response.State.AddRange(query.Filter.States);
        response.Incomplete.AddRange(page.Incomplete.OrderBy(node => node.NodeName, StringComparer.Ordinal));
        if (!access.ShowsStatus)
        {
            // What went wrong with a node is its status; that something did, whoever reads the list must know.
            foreach (var node in response.Incomplete)
            {
                node.Reason = NotForYou;
            }
        }

        return response;
    }

    private async Task<(ConnectionQuery Query, ConnectionPage Page)> ListAsync(
        EventFilter filter, ListOpenConnectionsRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var query = ConnectionQuery.Compile(filter, request.State, request.Limit, request.PageToken);
            return (query, await source.ListAsync(query, cancellationToken));
        }
        catch (FilterException bad)
        {
            throw CallErrors.InvalidField(bad);
        }
        catch (ConnectionsException unable)
        {
            throw new RpcException(new Grpc.Core.Status(
                StatusCode.Unimplemented, $"open connections cannot be listed here: {unable.Message}"));
        }
    }
}
