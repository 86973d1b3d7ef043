using Google.Protobuf;

namespace Monitor.V1;

/// <summary>
/// A response that can carry encoded events in addition to those in its fields. A server's marshaller writes them before
/// the rest, so that no event is parsed and encoded again. Everything else ignores them: comparison, cloning, JSON and
/// the generated serializer.
/// </summary>
public interface IEncodedEventsResponse : IMessage
{
    /// <summary>Elements of the field with the events, encoded with tag and length. Empty by
    /// default.</summary>
    ReadOnlyMemory<byte> EncodedEvents { get; set; }

    /// <summary>Disposed of after the bytes were written, for example to return their buffer. May be null.</summary>
    IDisposable? EncodedEventsOwner { get; set; }
}
