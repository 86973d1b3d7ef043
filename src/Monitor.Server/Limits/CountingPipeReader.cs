using System.Buffers;
using System.IO.Pipelines;

namespace Monitor.Server;

/// <summary>Hands on what another reader reads, and shows each byte once to <paramref name="inspect"/> before.</summary>
/// <param name="inner">The reader.</param>
/// <param name="inspect">Sees the bytes in their order. Called by the thread that reads.</param>
internal sealed class CountingPipeReader(PipeReader inner, CountingPipeReader.Inspect inspect) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;

    // How much of what comes next was seen already.
    private long _seen;

    internal delegate void Inspect(in ReadOnlySequence<byte> bytes);

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Look(await inner.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        Look(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen -= _buffer.Slice(_buffer.Start, consumed).Length;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private ReadResult Look(in ReadResult result)
    {
        _buffer = result.Buffer;
        if (_buffer.Length > _seen)
        {
            inspect(_buffer.Slice(_seen));
            _seen = _buffer.Length;
        }

        return result;
    }
}
