namespace Monitor.Bpf.Rings;

/// <summary>
/// One pass over what a ring buffer held when it started, in the order in which programs reserved their room. What arrives
/// meanwhile waits for the next one, so a pass ends even in a storm. It allocates nothing.
/// </summary>
public ref struct RingBufferDrain
{
    private readonly RingBuffer _buffer;
    private readonly bool _acquired;
    private bool _disposed;

    internal RingBufferDrain(RingBuffer buffer)
    {
        _buffer = buffer;
        _acquired = buffer.TryAcquire();
        if (_acquired)
        {
            buffer.Cursor.Begin();
        }
    }

    /// <summary>Bytes that were skipped so far since they made no sense.</summary>
    public readonly ulong CorruptBytes => _acquired && !_disposed ? _buffer.Cursor.CorruptBytes : 0;

    /// <summary>To the next record; the one before becomes invalid.</summary>
    /// <param name="payload">
    /// The bytes that the program wrote, in the buffer itself: copy what is to be kept. Aligned to 8 bytes.
    /// </param>
    /// <returns>False at the end, and where the next record is not complete yet.</returns>
    public readonly bool MoveNext(out ReadOnlySpan<byte> payload)
    {
        if (_acquired && !_disposed)
        {
            return _buffer.Cursor.TryNext(out payload);
        }

        payload = default;
        return false;
    }

    /// <summary>Ends the pass and gives the room of everything that was handed out back to the kernel.</summary>
    public void Dispose()
    {
        if (_acquired && !_disposed)
        {
            _buffer.Cursor.Release();
            _buffer.Release();
        }

        _disposed = true;
    }
}
