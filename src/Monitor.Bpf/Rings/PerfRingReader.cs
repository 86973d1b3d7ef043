using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Rings;

/// <summary>
/// Reads all rings of several maps together, merged by time. One thread waits and drains; <see cref="Wake"/> is for any
/// thread. The usual loop: <c>Wait(10)</c>, then a drain, whatever the wait said.
/// </summary>
public sealed class PerfRingReader : IDisposable
{
    // struct perf_event_header says the size in 16 bits.
    private const int MaximumRecordBytes = 1 << 16;

    private readonly PerfRingSet[] _sets;
    private readonly FileDescriptorHandle _epoll;
    private readonly FileDescriptorHandle _wakeup;

    /// <summary>Makes a reader over the sets, which stay the caller's to dispose.</summary>
    /// <param name="sets">At least one; a record says by index which one it is from.</param>
    /// <exception cref="BpfException">The kernel gave no descriptor.</exception>
    public PerfRingReader(params ReadOnlySpan<PerfRingSet> sets)
    {
        _sets = sets.ToArray();
        var rings = 0;
        for (var i = 0; i < _sets.Length; i++)
        {
            foreach (var ring in _sets[i].Rings)
            {
                ring.SetIndex = i;
                rings++;
            }
        }

        Heap = new PerfDrain.Entry[rings];
        Acquired = new bool[_sets.Length];
        Scratch = new byte[MaximumRecordBytes];
        _epoll = Valid(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "creating an epoll for");
        _wakeup = Valid(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "creating an eventfd for");
        Watch(_wakeup.Number, isWakeup: true);
        foreach (var set in _sets)
        {
            foreach (var descriptor in set.Descriptors)
            {
                Watch(descriptor, isWakeup: false);
            }
        }
    }

    /// <summary>Room for a drain: the rings that still have records, the one with the earliest first.</summary>
    internal PerfDrain.Entry[] Heap { get; }

    /// <summary>Room for a drain: which sets it holds.</summary>
    internal bool[] Acquired { get; }

    /// <summary>Room for a record that wraps.</summary>
    internal byte[] Scratch { get; }

    /// <summary>The sets, in the order of the constructor.</summary>
    internal ReadOnlySpan<PerfRingSet> Sets => _sets;

    // struct epoll_event is packed on x86-64 only.
    private static int EventSize => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Waits until a ring passes its watermark, another thread wakes, or the time is up.</summary>
    /// <param name="timeoutMilliseconds">0: only looks; -1: no limit.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public unsafe PerfWaitResult Wait(int timeoutMilliseconds)
    {
        const int MaximumEvents = 16;
        var events = stackalloc byte[MaximumEvents * 16];
        int count;
        while ((count = Libc.epoll_wait(_epoll, events, MaximumEvents, timeoutMilliseconds)) < 0)
        {
            // A signal: debuggers and profilers send some. Starting the wait again makes it longer than asked at most.
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw BpfException.FromLastError("waiting for", "perf rings");
            }
        }

        var result = count == 0 ? PerfWaitResult.TimedOut : PerfWaitResult.Watermark;
        for (var i = 0; i < count; i++)
        {
            if (events[(i * EventSize) + EventSize - 8] != 0)
            {
                ulong value;
                _ = Libc.read(_wakeup, &value, sizeof(ulong));
                result = PerfWaitResult.Woken;
            }
        }

        return result;
    }

    /// <summary>Ends the current or the next <see cref="Wait"/>. From any thread; calls add up to one.</summary>
    public unsafe void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wakeup, &one, sizeof(ulong));
    }

    /// <summary>
    /// Starts a drain over what the rings hold at this moment. Only one at a time; its <see cref="PerfDrain.Dispose"/>
    /// gives the room back to the kernel.
    /// </summary>
    public PerfDrain Drain() => new(this);

    /// <summary>Closes the descriptors of the wait, not the sets. Not while another thread waits: wake it first.</summary>
    public void Dispose()
    {
        _epoll.Dispose();
        _wakeup.Dispose();
    }

    private static FileDescriptorHandle Valid(FileDescriptorHandle handle, string operation) =>
        handle.IsInvalid ? throw BpfException.FromLastError(operation, "perf rings") : handle;

    private unsafe void Watch(int descriptor, bool isWakeup)
    {
        var entry = stackalloc byte[16];
        new Span<byte>(entry, 16).Clear();
        *(uint*)entry = Libc.EPOLLIN;
        entry[EventSize - 8] = isWakeup ? (byte)1 : (byte)0;
        if (Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, descriptor, entry) != 0)
        {
            throw BpfException.FromLastError("watching", "perf rings");
        }
    }
}
