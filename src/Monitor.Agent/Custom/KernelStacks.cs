using System.Runtime.CompilerServices;
using Monitor.Bpf;

namespace Monitor.Agent.Custom;

/// <summary>The stacks that a program took with bpf_get_stackid(). One thread.</summary>
/// <param name="map">Of type stack trace.</param>
internal sealed class KernelStacks(BpfMap map)
{
    /// <summary>Frames of a stack in the map: PERF_MAX_STACK_DEPTH of the kernel.</summary>
    public const int MaxFrames = 127;

    [InlineArray(MaxFrames)]
    private struct Frames
    {
        private ulong _first;
    }

    /// <summary>Reads a stack, the innermost call first.</summary>
    /// <returns>How many frames it has; 0 where it is gone or cannot be read.</returns>
    public int Read(int id, Span<ulong> frames)
    {
        try
        {
            if (!map.TryLookup<uint, Frames>((uint)id, out var found))
            {
                return 0;
            }

            ReadOnlySpan<ulong> addresses = found;
            var count = addresses.IndexOf(0ul);
            count = count < 0 ? addresses.Length : count;
            addresses[..count].CopyTo(frames);
            return count;
        }
        catch (BpfException)
        {
            return 0;
        }
    }
}
