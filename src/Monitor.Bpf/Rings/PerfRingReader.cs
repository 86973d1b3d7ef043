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

    private PerfRingSet[] _sets;
    private readonly FileDescriptorHandle _epoll;
    private readonly FileDescriptorHandle _wakeup;
    private readonly OnlineCpus _cpus = new();

    /// <summary>Makes a reader over the sets, which stay the caller's to dispose.</summary>
    /// <param name="sets">At least one; a record says by index which one it is from.</param>
    /// <exception cref="BpfException">The kernel gave no descriptor.</exception>
    public PerfRingReader(params ReadOnlySpan<PerfRingSet> sets)
    {
        _sets = sets.ToArray();
        Acquired = new bool[_sets.Length];
        Scratch = new byte[MaximumRecordBytes];
        _epoll = Valid(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "creating an epoll for");
        _wakeup = Valid(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "creating an eventfd for");
        Watch(_wakeup.Number, isWakeup: true);
        for (var i = 0; i < _sets.Length; i++)
        {
            Take(_sets[i].Rings, i);
        }
    }

    /// <summary>Room for a drain: the rings that still have records, the one with the earliest first.</summary>
    internal PerfDrain.Entry[] Heap { get; private set; } = [];

    /// <summary>Room for a drain: which sets it holds.</summary>
    internal bool[] Acquired { get; private set; }

    /// <summary>Room for a record that wraps.</summary>
    internal byte[] Scratch { get; }

    /// <summary>The sets, in the order in which they came.</summary>
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

    /// <summary>Reads one more set from now on; its index is the next. For the reader's thread, between two drains.</summary>
    /// <param name="set">Stays the caller's to dispose.</param>
    /// <exception cref="BpfException">The kernel refused; the set is not read.</exception>
    public void Add(PerfRingSet set)
    {
        var before = _sets;
        _sets = [.. before, set];
        try
        {
            Take(set.Rings, before.Length);
            Acquired = new bool[_sets.Length];
        }
        catch
        {
            _sets = before;
            throw;
        }
    }

    /// <summary>
    /// Reads a set no more; those behind it move up by one. What is in its rings is not read: drain before. For the reader's
    /// thread, between two drains.
    /// </summary>
    /// <param name="set">One that is read. The wait ends for its rings until it is disposed of.</param>
    public void Remove(PerfRingSet set)
    {
        _sets = [.. _sets.Where(other => other != set)];
        Acquired = new bool[_sets.Length];
        for (var i = 0; i < _sets.Length; i++)
        {
            foreach (var ring in _sets[i].Rings)
            {
                ring.SetIndex = i;
            }
        }
    }

    /// <summary>
    /// Gives CPUs that came online their rings. Costs one read of a small file where nothing changed. For the reader's
    /// thread, between two drains.
    /// </summary>
    /// <remarks>A CPU that goes and comes back between two calls is not noticed; its output fails then.</remarks>
    /// <exception cref="BpfException">The kernel gave no ring. It is not tried again until the CPUs change.</exception>
    public void FollowCpus()
    {
        if (_cpus.TryGetChange(out var online) && !FollowCpus(online))
        {
            _cpus.Forget();
        }
    }

    /// <summary>As if these CPUs were online.</summary>
    /// <returns>False where a ring must be read first: call this again after the next drain.</returns>
    internal bool FollowCpus(ReadOnlySpan<int> online)
    {
        var complete = true;
        var opened = new List<PerfRing>();
        BpfException? refused = null;
        for (var i = 0; i < _sets.Length; i++)
        {
            opened.Clear();
            try
            {
                complete &= _sets[i].Follow(online, opened);
            }
            catch (BpfException failure)
            {
                // Other sets get what they can.
                refused ??= failure;
            }
            finally
            {
                Take(opened, i);
            }
        }

        return refused is null ? complete : throw refused;
    }

    /// <summary>Closes the descriptors of the wait, not the sets. Not while another thread waits: wake it first.</summary>
    public void Dispose()
    {
        _cpus.Dispose();
        _epoll.Dispose();
        _wakeup.Dispose();
    }

    private static FileDescriptorHandle Valid(FileDescriptorHandle handle, string operation) =>
        handle.IsInvalid ? throw BpfException.FromLastError(operation, "perf rings") : handle;

    // Freed rings need nothing: a descriptor that is closed is not watched any more.
    private void Take(IReadOnlyList<PerfRing> rings, int setIndex)
    {
        foreach (var ring in rings)
        {
            ring.SetIndex = setIndex;
            if (ring.Descriptor >= 0)
            {
                Watch(ring.Descriptor, isWakeup: false);
            }
        }

        var count = _sets.Sum(set => set.Rings.Length);
        if (Heap.Length < count)
        {
            Heap = new PerfDrain.Entry[count];
        }
    }

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
