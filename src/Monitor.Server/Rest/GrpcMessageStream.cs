using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>The body of a call whose client sends messages while it lasts: each is handed on when it is whole and one of the
/// method's, see <see cref="GrpcMessageCheck"/>.</summary>
/// <param name="context">The call, whose body is read.</param>
internal sealed class GrpcMessageStream(HttpContext context) : Stream
{
    /// <summary>What a client is told whose bytes are not messages.</summary>
    public const string Problem = "the bytes are not one message of this method's request, or too many";

    // All such calls are those of reflection, whose requests are names. The last one is kept while the call waits for the next.
    private const int MaxBytes = 4 << 10;

    private readonly Stream _body = context.Request.Body;
    private byte[] _message = [];
    private int _handedOn;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The client sends what is not a message; it is to be told.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_handedOn == _message.Length)
        {
            _message = await ReadMessageAsync(cancellationToken);
            _handedOn = 0;
        }

        var part = Math.Min(buffer.Length, _message.Length - _handedOn);
        _message.AsMemory(_handedOn, part).CopyTo(buffer);
        _handedOn += part;
        return part;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // Empty at the end.
    private async Task<byte[]> ReadMessageAsync(CancellationToken cancellationToken)
    {
        var prefix = new byte[GrpcMessageCheck.PrefixLength];
        var read = await _body.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return [];
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (read < prefix.Length || length > MaxBytes)
        {
            throw new InvalidDataException(Problem);
        }

        var message = new byte[prefix.Length + (int)length];
        prefix.CopyTo(message, 0);
        read = await _body.ReadAtLeastAsync(message.AsMemory(prefix.Length), (int)length, throwOnEndOfStream: false, cancellationToken);
        return read == length && GrpcMessageCheck.Read(context, message, MaxBytes) is { } request ? request : throw new InvalidDataException(Problem);
    }
}
