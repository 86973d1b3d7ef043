using System.Buffers;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>A batch that is being read; the cursor takes it over when it is complete.</summary>
internal struct BatchBuilder(in LogPoint at, IBufferWriter<byte> output, int maxEvents, int maxBytes)
{
    public readonly int MaxEvents = maxEvents;

    /// <summary>Where the cursor will be.</summary>
    public LogPoint At = at;
    public int Events;
    public long Bytes;
    public long Filtered;
    public long Evicted;

    /// <summary>Entries that were looked at.</summary>
    public int Scanned;
    public List<Loss>? Losses;

    /// <summary>Whether a limit of the caller ends the batch.</summary>
    public bool Full;

    /// <summary>Whether the end of the log ends it.</summary>
    public bool AtEnd;

    /// <summary>Whether a loss ends it, which belongs before the events of the next one.</summary>
    public bool AtLoss;

    /// <summary>How many bytes it may still take.</summary>
    public readonly long RoomBytes => maxBytes - Bytes;

    /// <summary>Takes the entries from one index up to another, all of them events.</summary>
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

    /// <summary>Takes a loss.</summary>
    public void Add(Loss loss)
    {
        (Losses ??= []).Add(loss);
        Full |= Losses.Count >= MaxEvents;
    }
}
