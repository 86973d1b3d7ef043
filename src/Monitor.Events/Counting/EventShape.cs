using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// What all events have in common that are laid out alike and have the same labels: where their numbers are, and the series
/// that they count in. Whether an event is one of these is a comparison of its bytes under a mask, 32 at a time, without
/// reading its fields one after the other. The mask covers every tag and length, the bit of each byte of a number that says
/// whether another follows, and the values of labels. So what matches has the same fields at the same places.
/// </summary>
internal sealed class EventShape
{
    private readonly byte[] _bytes;
    private readonly byte[] _mask;
    private readonly Increment[] _increments;

    /// <param name="entry">The entry of such an event, with tag and length.</param>
    /// <param name="mask">As long as the entry.</param>
    /// <param name="increments">What each of them counts in.</param>
    public EventShape(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> mask, Increment[] increments)
    {
        _bytes = entry.ToArray();
        _mask = mask.ToArray();
        _increments = increments;
    }

    /// <summary>What one event counts in.</summary>
    /// <param name="Family">The metric.</param>
    /// <param name="Series">The series of it.</param>
    /// <param name="At">Where in the entry the number or duration is; -1: the event counts as 1.</param>
    /// <param name="Length">Bytes of the duration.</param>
    /// <param name="Least">A number below it counts as this.</param>
    public readonly record struct Increment(SeriesFamily Family, Series Series, int At = -1, int Length = 0, long Least = 0);

    /// <summary>Whether an event has this shape.</summary>
    /// <param name="entry">At least <see cref="EventShapes.MinBytes"/>.</param>
    public bool Matches(ReadOnlySpan<byte> entry)
    {
        if (entry.Length != _bytes.Length)
        {
            return false;
        }

        ref var given = ref MemoryMarshal.GetReference(entry);
        ref var bytes = ref MemoryMarshal.GetArrayDataReference(_bytes);
        ref var mask = ref MemoryMarshal.GetArrayDataReference(_mask);
        var last = (nuint)(entry.Length - Vector256<byte>.Count);
        for (nuint at = 0; at < last; at += (nuint)Vector256<byte>.Count)
        {
            if (Differs(ref given, ref bytes, ref mask, at))
            {
                return false;
            }
        }

        // The last 32 bytes, some of which were compared already.
        return !Differs(ref given, ref bytes, ref mask, last);
    }

    /// <summary>Counts an event of this shape.</summary>
    public void Count(ReadOnlySpan<byte> entry)
    {
        foreach (ref readonly var increment in _increments.AsSpan())
        {
            if (increment.At < 0)
            {
                increment.Family.Add(increment.Series, 1);
            }
            else if (increment.Length > 0)
            {
                var time = default(WireTime);
                if (time.TryMerge(entry.Slice(increment.At, increment.Length)))
                {
                    increment.Family.Observe(increment.Series, UnixNanos.From(time.Seconds, time.Nanos));
                }
            }
            else
            {
                var reader = new WireReader(entry[increment.At..]);
                reader.TryReadVarint(out var number);
                increment.Family.Add(increment.Series, Math.Max((long)Math.Min(number, long.MaxValue), increment.Least));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Differs(ref byte given, ref byte bytes, ref byte mask, nuint at) =>
        ((Vector256.LoadUnsafe(ref given, at) ^ Vector256.LoadUnsafe(ref bytes, at)) & Vector256.LoadUnsafe(ref mask, at))
        != Vector256<byte>.Zero;
}
