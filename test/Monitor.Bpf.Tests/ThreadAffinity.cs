using System.Runtime.InteropServices;

namespace Monitor.Bpf.Tests;

/// <summary>Binds the calling thread to a CPU.</summary>
internal static unsafe partial class ThreadAffinity
{
    internal static void Set(int cpu)
    {
        var mask = stackalloc ulong[16];
        new Span<ulong>(mask, 16).Clear();
        mask[cpu / 64] = 1ul << (cpu % 64);
        Assert.That(sched_setaffinity(0, 128, mask), Is.Zero);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int pid, nuint size, ulong* mask);
}
