using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Passes on the methods of the generated binding. Those whose responses carry encoded events get another marshaller.
/// </summary>
internal sealed class EncodedEventsBinder(ServiceBinderBase inner) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        UnaryServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Substitute(method), handler);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Substitute(method), handler);

    private static Method<TRequest, TResponse> Substitute<TRequest, TResponse>(Method<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        object marshaller = method.ResponseMarshaller switch
        {
            Marshaller<StreamEventsResponse> stream => EncodedEventsMarshaller.Create(stream),
            Marshaller<ListEventsResponse> list => EncodedEventsMarshaller.Create(list),
            Marshaller<ListConnectionsResponse> connections => EncodedEventsMarshaller.Create(connections),
            Marshaller<ListPacketDropsResponse> drops => EncodedEventsMarshaller.Create(drops),
            var other => other,
        };
        return new Method<TRequest, TResponse>(
            method.Type,
            method.ServiceName,
            method.Name,
            method.RequestMarshaller,
            (Marshaller<TResponse>)marshaller);
    }
}
