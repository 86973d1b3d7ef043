using System.Buffers;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Takes the encoding of a response from its marshaller. Reused from message to message.</summary>
internal sealed class ResponsePayload(ByteBuffer buffer) : SerializationContext
{
    private byte[]? _array;
    private bool _isComplete;

    /// <summary>What the marshaller completed. Valid until the next message.</summary>
    /// <exception cref="InvalidOperationException">The marshaller did not complete the context.</exception>
    public ReadOnlySpan<byte> Bytes =>
        !_isComplete ? throw new InvalidOperationException("The marshaller of the response did not complete its serialization context.")
        : _array is not null ? _array : buffer.Written;

    public void Reset()
    {
        buffer.Clear();
        _array = null;
        _isComplete = false;
    }

    /// <inheritdoc/>
    public override IBufferWriter<byte> GetBufferWriter() => buffer;

    /// <inheritdoc/>
    public override void SetPayloadLength(int payloadLength) => buffer.Reserve(payloadLength);

    /// <inheritdoc/>
    public override void Complete() => _isComplete = true;

    /// <inheritdoc/>
    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        _array = payload;
        _isComplete = true;
    }
}
