using Google.Protobuf.Reflection;
using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// As <c>EventService.EventServiceBase</c>, with other marshallers. It does not derive from that: the server takes
/// only methods that are declared by the very type which is bound.
/// </summary>
[BindServiceMethod(typeof(EncodedEventServiceBase), nameof(BindService))]
internal abstract class EncodedEventServiceBase
{
    /// <summary>Where transcoding finds the http rules; it looks beside the method that binds.</summary>
    public static ServiceDescriptor Descriptor => EventService.Descriptor;

    /// <summary>Binds the methods of the generated code. Their handlers are found by name, as for any service.</summary>
    public static void BindService(ServiceBinderBase binder, EncodedEventServiceBase? service) =>
        EventService.BindService(new EncodedEventsBinder(binder), null);

    public abstract Task StreamEvents(
        StreamEventsRequest request,
        IServerStreamWriter<StreamEventsResponse> responseStream,
        ServerCallContext context);

    public abstract Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context);

    public abstract Task<SummarizeConnectionsResponse> SummarizeConnections(
        SummarizeConnectionsRequest request,
        ServerCallContext context);

    public abstract Task<SummarizePacketDropsResponse> SummarizePacketDrops(
        SummarizePacketDropsRequest request,
        ServerCallContext context);

    public abstract Task<ListConnectionsResponse> ListConnections(
        ListConnectionsRequest request,
        ServerCallContext context);

    public abstract Task<ListPacketDropsResponse> ListPacketDrops(
        ListPacketDropsRequest request,
        ServerCallContext context);
}
