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
        return GC.AllocateUninitializedArray<byte>(segmentBytes, pinned: true);
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

    /// <summary>Where the headers must end so that each lies on one cache line.</summary>
    public static int AlignedEnd(byte[] buffer)
    {
        var start = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0);
        return buffer.Length - (int)((start + buffer.Length) % EventColumns.Size);
    }
}
