using System.Runtime.InteropServices;

namespace Monitor.Events;

/// <summary>
/// Allocates and reuses the buffers of segments. Keeps at most two spare ones: one for the next segment, and one that a
/// slow reader returned late.
/// </summary>
internal sealed class SegmentBuffers(int segmentBytes)
{
    private const int MaxSpare = 2;
    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _spare = new(MaxSpare);
    private int _alive;

    /// <summary>What fits in a buffer, wherever in memory it is.</summary>
    public int SegmentBytes => segmentBytes;

    /// <summary>Buffers that are in use or spare.</summary>
    public int Alive => Volatile.Read(ref _alive);

    public byte[] Take()
    {
        lock (_lock)
        {
            if (_spare.TryPop(out var spare))
            {
                return spare;
            }

            _alive++;
        }

        // Pinned, so that the headers can be aligned to cache lines once; not cleared, so that the system backs only
        // the pages that are written.
        return GC.AllocateUninitializedArray<byte>(segmentBytes + EventColumns.Size, pinned: true);
    }

    public void Return(byte[] buffer)
    {
        lock (_lock)
        {
            if (_spare.Count < MaxSpare)
            {
                _spare.Push(buffer);
            }
            else
            {
                _alive--;
            }
        }
    }

    /// <summary>Where the headers end, so that each lies on one cache line: at <see cref="SegmentBytes"/> or a little
    /// behind.</summary>
    public int TopOf(byte[] buffer)
    {
        var end = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0) + segmentBytes;
        return segmentBytes + (int)((EventColumns.Size - end % EventColumns.Size) % EventColumns.Size);
    }
}
