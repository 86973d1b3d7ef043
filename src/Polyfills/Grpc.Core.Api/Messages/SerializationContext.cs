using System.Buffers;

namespace Grpc.Core;

/// <summary>
/// Where a serializer puts one message: either all at once with <see cref="Complete(byte[])"/>, or through
/// <see cref="GetBufferWriter"/> and then <see cref="Complete()"/>.
/// </summary>
public abstract class SerializationContext
{
    /// <summary>Gives the whole message. Called once, and instead of the writer.</summary>
    /// <param name="payload">The message; the context owns it from here on.</param>
    /// <exception cref="NotImplementedException">The context does not take whole messages.</exception>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>A writer that takes the message in parts.</summary>
    /// <returns>The writer, valid until <see cref="Complete()"/>.</returns>
    /// <exception cref="NotImplementedException">The context has no writer.</exception>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>
    /// Announces the length of the message before the first byte is written, which saves a copy. Optional.
    /// </summary>
    /// <param name="payloadLength">The exact length in bytes.</param>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Says that the writer has got the whole message.</summary>
    /// <exception cref="NotImplementedException">The context has no writer.</exception>
    public virtual void Complete() => throw new NotImplementedException();
}
