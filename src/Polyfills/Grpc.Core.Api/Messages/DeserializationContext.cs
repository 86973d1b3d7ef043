using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a deserializer finds one message. The payload is to be read at most once.</summary>
public abstract class DeserializationContext
{
    /// <summary>The length of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message as an array of its own.</summary>
    /// <returns>A new array, owned by the caller.</returns>
    /// <exception cref="NotImplementedException">The context does not hand out arrays.</exception>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The message where it was received, without a copy.</summary>
    /// <returns>The bytes, valid only until the deserializer returns.</returns>
    /// <exception cref="NotImplementedException">The context does not hand out its buffers.</exception>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
