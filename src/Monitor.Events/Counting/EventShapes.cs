using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Monitor.Events;

/// <summary>The shapes that were seen lately, of fixed number. One thread at a time.</summary>
internal sealed class EventShapes
{
    /// <summary>Shorter entries have no shape.</summary>
    public static readonly int MinBytes = Vector256<byte>.Count;

    /// <summary>Nor have longer ones: an event has 250 bytes, in Kubernetes 350.</summary>
    public const int MaxBytes = 512;

    // 4096 shapes of up to 1 KiB. Events of one workload to addresses of all lengths have some twenty.
    private const int Sets = 1024, Ways = 4;

    private readonly EventShape?[] _shapes = new EventShape?[Sets * Ways];
    private uint _turn;

    /// <summary>Where the shape of an event is, if it is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SetOf(in EventColumns columns, int length)
    {
        // What makes layouts differ, as far as the columns tell: numbers take more bytes from 2^7 and 2^14 on.
        var sizes = (columns.PidValue >> 14 != 0 ? 1u : 0) | (columns.SourcePortValue >> 14 != 0 ? 2u : 0)
            | (columns.DestinationPortValue >> 7 != 0 ? 4u : 0) | (columns.DestinationPortValue >> 14 != 0 ? 8u : 0);
        var key = (ulong)(uint)length | (ulong)columns.Type << 10 | (ulong)columns.Flags << 18
            | (ulong)columns.NamespaceHash << 34 | (ulong)columns.NodeHash << 50;
        // The multiplier is the fractional part of the golden ratio.
        return (int)(((key ^ (ulong)sizes << 58) * 0x9e3779b97f4a7c15) >> 54) * Ways;
    }

    /// <summary>The shape of an event; null if it is not known.</summary>
    public EventShape? Find(int set, ReadOnlySpan<byte> entry)
    {
        for (var i = set; i < set + Ways; i++)
        {
            if (_shapes[i] is { } shape && shape.Matches(entry))
            {
                return shape;
            }
        }

        return null;
    }

    /// <summary>Remembers a shape in the place of another.</summary>
    public void Add(int set, EventShape shape) => _shapes[set + (int)(_turn++ % Ways)] = shape;
}
