using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.EventService</c>.</summary>
internal sealed class EventRpcs(
    EventLog log,
    EventLister lister,
    ArchivedQueries archived,
    FieldChecker fields,
    EventGrouper grouper,
    EventSummarizer summarizer,
    Subscribers subscribers,
    QueryCores cores,
    AgentsReader agents,
    DemandTracker demand,
    StopSignal stop,
    MonitorServerOptions options,
    ILogger<EventRpcs> logger) : EncodedEventServiceBase
{
    public override async Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context) =>
        Ready(await lister.ListAsync(request, AccessOf(context), context.CancellationToken), context);

    public override async Task<ListConnectionsResponse> ListConnections(
        ListConnectionsRequest request,
        ServerCallContext context) =>
        Ready(await grouper.ListAsync(request, AccessOf(context), context.CancellationToken), context);

    public override async Task<ListPacketDropsResponse> ListPacketDrops(
        ListPacketDropsRequest request,
        ServerCallContext context) =>
        Ready(await grouper.ListAsync(request, AccessOf(context), context.CancellationToken), context);

    public override Task<SummarizeConnectionsResponse> SummarizeConnections(
        SummarizeConnectionsRequest request,
        ServerCallContext context) =>
        summarizer.SummarizeAsync(request, AccessOf(context), context.CancellationToken);

    public override Task<SummarizePacketDropsResponse> SummarizePacketDrops(
        SummarizePacketDropsRequest request,
        ServerCallContext context) =>
        summarizer.SummarizeAsync(request, AccessOf(context), context.CancellationToken);

    public override async Task StreamEvents(
        StreamEventsRequest request,
        IServerStreamWriter<StreamEventsResponse> responseStream,
        ServerCallContext context)
    {
        var access = AccessOf(context);
        var plan = await StreamPlan.CreateAsync(request, log, archived, access, fields, context.CancellationToken);
        IReadOnlyCollection<string>? asks = request.Passive ? null : request.Type;
        var subscriber = new Subscriber(context.Peer, options.Time.GetUtcNow(), plan.Cursor, asks);
        var http = context.GetHttpContext();
        using var stream = new EventStream(
            plan, responseStream, agents, cores, options.Time, options.HeartbeatInterval, EncodedEvents.MustBeObjects(http),
            context.CancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stop.Stopping);
        using var lease = new AccessLease(access, options, end.Cancel);
        // A write that waits for a client that does not read ends only with its connection or its HTTP/2 stream.
        using var cut = stop.Cut.UnsafeRegister(static state => ((HttpContext)state!).Abort(), http);
        subscribers.Add(subscriber);
        if (asks is not null)
        {
            demand.Ask(asks);
        }

        StreamLog.Opened(logger, context.Peer, plan.Cursor.Filter);
        try
        {
            await stream.RunAsync(end.Token);
        }
        catch (Exception gone) when (context.CancellationToken.IsCancellationRequested && gone is not RpcException)
        {
            // Whatever a write throws once the client has left says only that.
        }
        finally
        {
            subscribers.Remove(subscriber);
            StreamLog.Closed(logger, context.Peer, subscriber.GetStats());
        }

        if (lease.IsOver)
        {
            throw access.Ended();
        }

        if (!context.CancellationToken.IsCancellationRequested)
        {
            throw CallErrors.ShuttingDown(options.Component);
        }
    }

    private static RequestAccess AccessOf(ServerCallContext context) => RequestAccess.Of(context.GetHttpContext());

    private static T Ready<T>(T response, ServerCallContext context)
        where T : IEncodedEventsResponse, IMessage<T>
    {
        if (EncodedEvents.MustBeObjects(context.GetHttpContext()))
        {
            EncodedEvents.ToObjects(response);
        }

        return response;
    }
}
