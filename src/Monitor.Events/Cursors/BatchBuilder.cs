using System.Buffers;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>A batch that is being read. The cursor commits it when it is complete.</summary>
internal struct BatchBuilder(in LogPoint at, IBufferWriter<byte> output, int maxEvents, int maxBytes)
{
    public readonly int MaxEvents = maxEvents;

    /// <summary>Where the cursor is behind the entries read so far.</summary>
    public LogPoint At = at;
    public int Events;
    public long Bytes;
    public long Filtered;
    public long Evicted;

    /// <summary>Entries that were read.</summary>
    public int Scanned;
    public List<Loss>? Losses;

    /// <summary>Whether a limit of the caller ended the batch.</summary>
    public bool Full;

    /// <summary>Whether the end of the log ended it.</summary>
    public bool AtEnd;

    /// <summary>Whether a loss ended it that belongs before the events of the next batch.</summary>
    public bool AtLoss;

    /// <summary>How many more bytes it may have.</summary>
    public readonly long RoomBytes => maxBytes - Bytes;

    /// <summary>Copies the entries from one index up to another, all of them events.</summary>
    public void Copy(Segment segment, int from, int to)
    {
        if (from < to)
        {
            var bytes = segment.Bytes(segment.ByteStart(from), segment.ByteStart(to));
            output.Write(bytes);
            Bytes += bytes.Length;
            Events += to - from;
            Full |= Events >= MaxEvents || Bytes >= maxBytes;
        }
    }

    /// <summary>Adds a loss.</summary>
    public void Add(Loss loss)
    {
        (Losses ??= []).Add(loss);
        Full |= Losses.Count >= MaxEvents;
    }
}
