using Grpc.Core;
using Monitor.Server;
using Monitor.SimulatedAgents.Hosting;
using Monitor.V1;

namespace Monitor.SimulatedAgents.Services;

/// <summary>Streams, by the code of the product; an aggregator asks for nothing else.</summary>
internal sealed class SimulatedEvents(SimulatedAgentOptions options) : EncodedEventServiceBase
{
    private static readonly QueryCores Cores = new();

    private readonly AgentsReader _agents = new(null, new MonitorServerOptions());

    public override async Task StreamEvents(
        StreamEventsRequest request,
        IServerStreamWriter<StreamEventsResponse> responseStream,
        ServerCallContext context)
    {
        var run = CallAgent.Of(context).Run;
        var plan = StreamPlan.Create(request, request.ToEventFilter(), run.Log, countsLosses: true);
        using var stream = new EventStream(
            plan, responseStream, _agents, Cores, TimeProvider.System, options.HeartbeatInterval, sendsObjects: false,
            context.CancellationToken);
        run.Add(plan.Cursor);
        try
        {
            await stream.RunAsync(context.CancellationToken);
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            // Whatever a write throws once the connection is gone says only that.
        }
        finally
        {
            run.Remove(plan.Cursor);
        }
    }

    public override Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context) =>
        throw Unimplemented();

    public override Task<SummarizeConnectionsResponse> SummarizeConnections(
        SummarizeConnectionsRequest request, ServerCallContext context) => throw Unimplemented();

    public override Task<SummarizePacketDropsResponse> SummarizePacketDrops(
        SummarizePacketDropsRequest request, ServerCallContext context) => throw Unimplemented();

    public override Task<ListConnectionsResponse> ListConnections(
        ListConnectionsRequest request, ServerCallContext context) => throw Unimplemented();

    public override Task<ListPacketDropsResponse> ListPacketDrops(
        ListPacketDropsRequest request, ServerCallContext context) => throw Unimplemented();

    private static RpcException Unimplemented() =>
        new(new Grpc.Core.Status(StatusCode.Unimplemented, "a simulated agent streams its events and lists none"));
}
