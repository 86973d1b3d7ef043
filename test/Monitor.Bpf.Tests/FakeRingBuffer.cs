using System.Runtime.InteropServices;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Tests;

/// <summary>A ring buffer in ordinary memory, with the kernel's part played by the test.</summary>
internal sealed unsafe class FakeRingBuffer : IDisposable
{
    private readonly ulong* _positions = (ulong*)NativeMemory.AllocZeroed(2, 8);
    private readonly byte* _data;
    private readonly int _size;

    internal FakeRingBuffer(int size = 256, ulong start = 0)
    {
        _size = size;
        _data = (byte*)NativeMemory.AllocZeroed((nuint)(2 * size));
        Consumer = Producer = start;
        Cursor = new RingBufferCursor((nint)_positions, (nint)(_positions + 1), (nint)_data, (ulong)size);
    }

    internal RingBufferCursor Cursor { get; }

    internal ulong Consumer
    {
        get => _positions[0];
        set => _positions[0] = value;
    }

    internal ulong Producer
    {
        get => _positions[1];
        set => _positions[1] = value;
    }

    /// <summary>A record of that many bytes, each of them that value; the result is its place.</summary>
    internal ulong Record(int bytes, byte value, uint flags = 0)
    {
        var at = Producer;
        Header(at, (uint)bytes | flags);
        for (var i = 0; i < bytes; i++)
        {
            Set(at + RingBufferCursor.HeaderSize + (ulong)i, value);
        }

        Producer += (ulong)((RingBufferCursor.HeaderSize + bytes + 7) & ~7);
        return at;
    }

    internal void Header(ulong at, uint value)
    {
        for (var i = 0; i < 4; i++)
        {
            Set(at + (ulong)i, (byte)(value >> (8 * i)));
        }
    }

    /// <summary>Lengths of what a drain hands out.</summary>
    internal List<int> Drain()
    {
        var lengths = new List<int>();
        Cursor.Begin();
        while (Cursor.TryNext(out var payload))
        {
            Assert.That(payload.Length == 0 || !payload.ContainsAnyExcept(payload[0]), Is.True);
            lengths.Add(payload.Length);
        }

        Cursor.Release();
        return lengths;
    }

    public void Dispose()
    {
        NativeMemory.Free(_positions);
        NativeMemory.Free(_data);
    }

    // The kernel maps the data twice.
    private void Set(ulong at, byte value) =>
        _data[at % (ulong)_size] = _data[(at % (ulong)_size) + (ulong)_size] = value;
}
