using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Monitor.Bpf.Rings;

namespace Monitor.Benchmarks.Micro;

/// <summary>A perf ring in ordinary memory, full of samples.</summary>
internal sealed class MemoryRing
{
    private const int PageBytes = 4096;
    private const int PayloadBytes = 116; // a connection record

    private readonly byte[] _memory;
    private readonly int _used;

    /// <param name="cpu">The CPU that it is of.</param>
    /// <param name="records">How many samples it holds.</param>
    /// <param name="interval">From the time of one to that of the next; the first has the CPU's number.</param>
    public MemoryRing(int cpu, int records, int interval)
    {
        var recordBytes = (PerfRing.SamplePrefix + PayloadBytes + 7) & ~7;
        _used = records * recordBytes;
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)_used + 1);
        _memory = GC.AllocateArray<byte>(PageBytes + size, pinned: true);
        for (var i = 0; i < records; i++)
        {
            // struct perf_event_header { u32 type; u16 misc; u16 size; }, u32 size of the raw data, the data
            var record = _memory.AsSpan(PageBytes + i * recordBytes, recordBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(record, PerfRing.RecordSample);
            BinaryPrimitives.WriteUInt16LittleEndian(record[6..], (ushort)recordBytes);
            BinaryPrimitives.WriteInt32LittleEndian(record[8..], recordBytes - PerfRing.SamplePrefix);
            BinaryPrimitives.WriteInt64LittleEndian(record[PerfRing.SamplePrefix..], cpu + (long)i * interval);
        }

        Ring = new PerfRing(cpu, Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0), PageBytes, (ulong)size);
    }

    public PerfRing Ring { get; }

    /// <summary>Makes all records unread again.</summary>
    public void Rewind()
    {
        BinaryPrimitives.WriteInt64LittleEndian(_memory.AsSpan(PerfRing.TailOffset), 0);
        BinaryPrimitives.WriteInt64LittleEndian(_memory.AsSpan(PerfRing.HeadOffset), _used);
    }
}
