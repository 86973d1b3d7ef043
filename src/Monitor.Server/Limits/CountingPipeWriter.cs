using System.IO.Pipelines;

namespace Monitor.Server;

/// <summary>Hands on what is written to another writer, and shows each byte once to <paramref name="inspect"/> before.</summary>
/// <param name="inner">The writer.</param>
/// <param name="inspect">Sees the bytes in their order. Called by the thread that writes.</param>
internal sealed class CountingPipeWriter(PipeWriter inner, CountingPipeWriter.Inspect inspect) : PipeWriter
{
    private Memory<byte> _memory;

    internal delegate void Inspect(ReadOnlySpan<byte> bytes);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        inspect(_memory.Span[..bytes]);
        _memory = _memory[bytes..];
        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
