using Google.Protobuf;

namespace Monitor.V1;

/// <summary>
/// A response that can carry events as the bytes that they were encoded to when they happened, beside those in its
/// own fields. A server's marshaller writes them in front of the rest, so that no event is parsed and encoded
/// again on its way. They are no part of the message to anything else: comparison, cloning, JSON and the generated
/// serializer do not see them.
/// </summary>
public interface IEncodedEventsResponse : IMessage
{
    /// <summary>Elements of the fields that hold events, as they are on the wire: with tag and length. Empty by
    /// default.</summary>
    ReadOnlyMemory<byte> EncodedEvents { get; set; }

    /// <summary>What is disposed of when the bytes have been written, for example to give their buffer back. Null:
    /// nothing.</summary>
    IDisposable? EncodedEventsOwner { get; set; }
}
