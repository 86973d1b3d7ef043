using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Writes a response with the encoded events that it carries, by copying these.</summary>
internal static class EncodedEventsMarshaller
{
    /// <summary>A marshaller that copies the encoded events and writes the rest as the given one does.</summary>
    public static Marshaller<T> Create<T>(Marshaller<T> generated)
        where T : class, IEncodedEventsResponse =>
        new(Serialize, generated.ContextualDeserializer);

    private static void Serialize<T>(T response, SerializationContext context)
        where T : class, IEncodedEventsResponse
    {
        try
        {
            var events = response.EncodedEvents.Span;
            context.SetPayloadLength(events.Length + response.CalculateSize());
            var output = context.GetBufferWriter();
            // The first fields of all these responses, so they are in the order that the generated code writes too.
            output.Write(events);
            response.WriteTo(output);
            context.Complete();
        }
        finally
        {
            response.EncodedEvents = default;
            response.EncodedEventsOwner?.Dispose();
            response.EncodedEventsOwner = null;
        }
    }
}
