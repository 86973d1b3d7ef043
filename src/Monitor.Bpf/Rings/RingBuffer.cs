using System.Numerics;
using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Rings;

/// <summary>
/// Reads a map of type ring buffer (5.8), which all CPUs share. One thread waits and drains; <see cref="Wake"/> is for any
/// thread. A program that finds no room knows at once, and counts; the buffer says nothing of it.
/// </summary>
/// <remarks>The position of the reader is in the map: another image of the process that opens it goes on there.</remarks>
public sealed class RingBuffer : IDisposable
{
    private readonly RingBufferHandle _handle;
    private readonly FileDescriptorHandle _epoll;
    private readonly FileDescriptorHandle _wakeup;

    private RingBuffer(BpfMap map, int bytes)
    {
        Name = map.Name;
        Bytes = bytes;
        _handle = RingBufferHandle.Map(map.Descriptor, bytes, map.Name);
        Cursor = new RingBufferCursor(
            _handle.Consumer, _handle.Producer, _handle.Producer + Environment.SystemPageSize, (ulong)bytes);
        try
        {
            _epoll = Valid(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "creating an epoll for");
            _wakeup = Valid(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "creating an eventfd for");
            Watch(_wakeup, isWakeup: true);
            Watch(map.Descriptor, isWakeup: false);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The map's name.</summary>
    public string Name { get; }

    /// <summary>Room for records, with a header of 8 bytes each.</summary>
    public int Bytes { get; }

    internal RingBufferCursor Cursor { get; }

    // struct epoll_event is packed on x86-64 only.
    private static int EventSize => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Maps the buffer.</summary>
    /// <param name="map">A loaded map of type ring buffer. It has one reader at a time.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="ArgumentException">The map has another type, or a size that is none.</exception>
    public static RingBuffer Open(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != BpfMapType.Ringbuf)
        {
            throw new ArgumentException($"Map '{map.Name}' is a {map.Type}, not a ring buffer.", nameof(map));
        }

        var bytes = map.MaxEntries;
        return BitOperations.IsPow2(bytes) && bytes >= Environment.SystemPageSize && bytes <= 1 << 30
            ? new RingBuffer(map, (int)bytes)
            : throw new ArgumentException($"Map '{map.Name}' has {bytes} bytes, which is no power of two up to 1 GiB.", nameof(map));
    }

    /// <summary>Waits until there is a record, another thread wakes, or the time is up.</summary>
    /// <param name="timeoutMilliseconds">0: only looks; -1: no limit.</param>
    /// <returns><see cref="PerfWaitResult.Watermark"/> where there is a record.</returns>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public unsafe PerfWaitResult Wait(int timeoutMilliseconds)
    {
        using (new BorrowedHandle(_handle))
        {
            // What came while the last drain ran woke nobody: the kernel saw a reader that was behind.
            timeoutMilliseconds = Cursor.HasRecord ? 0 : timeoutMilliseconds;
        }

        const int MaximumEvents = 2;
        var events = stackalloc byte[MaximumEvents * 16];
        int count;
        while ((count = Libc.epoll_wait(_epoll, events, MaximumEvents, timeoutMilliseconds)) < 0)
        {
            // A signal. Starting the wait again makes it longer than asked at most.
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw BpfException.FromLastError("waiting for the ring buffer", Name);
            }
        }

        for (var i = 0; i < count; i++)
        {
            if (events[(i * EventSize) + EventSize - 8] != 0)
            {
                ulong value;
                _ = Libc.read(_wakeup, &value, sizeof(ulong));
                return PerfWaitResult.Woken;
            }
        }

        using (new BorrowedHandle(_handle))
        {
            return count > 0 || Cursor.HasRecord ? PerfWaitResult.Watermark : PerfWaitResult.TimedOut;
        }
    }

    /// <summary>Ends the current or the next <see cref="Wait"/>. From any thread; calls add up to one.</summary>
    public unsafe void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wakeup, &one, sizeof(ulong));
    }

    /// <summary>
    /// Starts a drain over what the buffer holds at this moment. Only one at a time; its <see cref="RingBufferDrain.Dispose"/>
    /// gives the room back to the kernel.
    /// </summary>
    public RingBufferDrain Drain() => new(this);

    /// <summary>Unmaps the buffer, as soon as no drain uses it. May be called again.</summary>
    public void Dispose()
    {
        _epoll?.Dispose();
        _wakeup?.Dispose();
        _handle.Dispose();
    }

    /// <summary>Keeps the buffer mapped until <see cref="Release"/>.</summary>
    /// <returns>False where it is gone.</returns>
    internal bool TryAcquire()
    {
        var added = false;
        try
        {
            _handle.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }

        return added;
    }

    internal void Release() => _handle.DangerousRelease();

    private FileDescriptorHandle Valid(FileDescriptorHandle handle, string operation) =>
        handle.IsInvalid ? throw BpfException.FromLastError(operation, Name) : handle;

    private unsafe void Watch(FileDescriptorHandle descriptor, bool isWakeup)
    {
        var entry = stackalloc byte[16];
        new Span<byte>(entry, 16).Clear();
        *(uint*)entry = Libc.EPOLLIN;
        entry[EventSize - 8] = isWakeup ? (byte)1 : (byte)0;
        using var borrowed = new BorrowedHandle(descriptor);
        if (Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, descriptor.Number, entry) != 0)
        {
            throw BpfException.FromLastError("watching the ring buffer", Name);
        }
    }
}
