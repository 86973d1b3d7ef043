using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Turns encoded events into objects for whoever takes responses as objects. That is the package of JSON transcoding:
/// it serializes them by reflection. Its stand-in goes by the bytes of the marshaller, as gRPC does, and needs nothing.
/// </summary>
internal static class EncodedEvents
{
#if TRANSCODING_OF_OBJECTS
    private static bool TranscodingTakesObjects => true;
#else
    private static bool TranscodingTakesObjects => false;
#endif

    /// <summary>Whether responses to this request need <see cref="ToObjects"/>.</summary>
    public static bool MustBeObjects(HttpContext context) => TranscodingTakesObjects && RestRequest.IsRest(context);

    /// <summary>Parses the encoded events of the response into its own.</summary>
    public static void ToObjects(IEncodedEventsResponse response)
    {
        response.MergeFrom(response.EncodedEvents.Span);
        response.EncodedEvents = default;
        response.EncodedEventsOwner?.Dispose();
        response.EncodedEventsOwner = null;
    }
}
