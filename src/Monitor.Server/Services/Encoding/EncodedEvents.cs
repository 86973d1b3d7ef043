using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Turns encoded events into objects for JSON transcoding, which writes JSON from objects. gRPC uses the bytes.
/// </summary>
internal static class EncodedEvents
{
    /// <summary>Whether responses to this request need <see cref="ToObjects"/>.</summary>
    public static bool MustBeObjects(HttpContext context) => RestRequest.IsRest(context);

    /// <summary>Parses the encoded events of the response into its own.</summary>
    public static void ToObjects<T>(T response)
        where T : IEncodedEventsResponse, IMessage<T>
    {
        // JSON has no place for fields that are not known, and each of two bytes would take a hundred in memory.
        response.MergeFrom(((MessageParser<T>)response.Descriptor.Parser).WithDiscardUnknownFields(true).ParseFrom(response.EncodedEvents.Span));
        response.EncodedEvents = default;
        response.EncodedEventsOwner?.Dispose();
        response.EncodedEventsOwner = null;
    }
}
