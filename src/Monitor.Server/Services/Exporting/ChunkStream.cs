using System.Buffers;

namespace Monitor.Server;

/// <summary>
/// Cuts what is written into chunks and sends each of them before it takes more. Writes only, and only asynchronously.
/// </summary>
/// <param name="send">Sends a chunk, which is used again once that has completed.</param>
internal sealed class ChunkStream(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> send) : Stream
{
    // As much as the web server holds for a client that does not read, see KestrelSetup.
    private const int ChunkBytes = 64 << 10;

    private byte[] _chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
    private int _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var part = Math.Min(buffer.Length, ChunkBytes - _length);
            buffer[..part].CopyTo(_chunk.AsMemory(_length));
            buffer = buffer[part..];
            _length += part;
            if (_length == ChunkBytes)
            {
                await FlushAsync(cancellationToken);
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Sends what is there, though it is less than a chunk.</summary>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_length > 0)
        {
            await send(_chunk.AsMemory(0, _length), cancellationToken);
            _length = 0;
        }
    }

    /// <summary>Does nothing: a library that calls it wants to be sure, and a chunk goes out when it is full.</summary>
    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_chunk.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_chunk);
            _chunk = [];
        }

        base.Dispose(disposing);
    }
}
