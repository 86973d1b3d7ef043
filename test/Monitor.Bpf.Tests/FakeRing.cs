using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Tests;

/// <summary>A ring in ordinary memory, with the kernel's part played by the test.</summary>
internal sealed unsafe class FakeRing : IDisposable
{
    private const int PageSize = 4096;

    private readonly byte* _memory;
    private readonly int _size;

    internal FakeRing(int cpu = 0, int size = 4096, ulong start = 0)
    {
        _size = size;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(PageSize + size), PageSize);
        new Span<byte>(_memory, PageSize + size).Clear();
        Head = Tail = start;
        Ring = new PerfRing(cpu, (nint)_memory, PageSize, (ulong)size);
    }

    internal PerfRing Ring { get; }

    internal ulong Head
    {
        get => *(ulong*)(_memory + PerfRing.HeadOffset);
        set => *(ulong*)(_memory + PerfRing.HeadOffset) = value;
    }

    internal ulong Tail
    {
        get => *(ulong*)(_memory + PerfRing.TailOffset);
        set => *(ulong*)(_memory + PerfRing.TailOffset) = value;
    }

    internal Span<byte> Data => new(_memory + PageSize, _size);

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    /// <summary>As the kernel does it: time and filler as raw data, rounded up to 8 bytes. False where it does not fit.</summary>
    internal bool Sample(ulong time, int payloadBytes = 20)
    {
        var recordSize = (PerfRing.SamplePrefix + payloadBytes + 7) & ~7;
        if (Head - Tail + (ulong)recordSize > (ulong)_size)
        {
            return false;
        }

        Span<byte> record = new byte[recordSize];
        Header(record, PerfRing.RecordSample, (ushort)recordSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], (uint)(recordSize - PerfRing.SamplePrefix));
        for (var i = 0; i < payloadBytes; i++)
        {
            record[PerfRing.SamplePrefix + i] = (byte)(time + (ulong)i);
        }

        if (payloadBytes >= 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(record[PerfRing.SamplePrefix..], time);
        }

        Raw(record);
        return true;
    }

    internal void Lost(ulong count)
    {
        Span<byte> record = new byte[24];
        Header(record, PerfRing.RecordLost, 24);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], count);
        Raw(record);
    }

    internal void Record(uint type, ushort recordSize, int actualBytes)
    {
        Span<byte> record = new byte[actualBytes];
        Header(record, type, recordSize);
        Raw(record);
    }

    internal void Raw(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            Data[(int)(Head++ % (ulong)_size)] = b;
        }
    }

    private static void Header(Span<byte> record, uint type, ushort recordSize)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record, type);
        BinaryPrimitives.WriteUInt16LittleEndian(record[6..], recordSize);
    }
}
