using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Monitor.Bpf.Rings;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Parsers;

/// <summary>A perf ring between whose head and tail is anything: a drain ends, and stays within it.</summary>
internal sealed class RingCase : ParserCase
{
    private const int PageBytes = 4096;
    private const int DataBytes = 4096;
    private const int HeadBytes = 10;

    private readonly byte[] _memory = GC.AllocateArray<byte>(PageBytes + DataBytes, pinned: true);

    public override string Name => "rings";

    public override int ShortInputs => 20_000;

    // First the tail, then how much is behind it, then the ring.
    public override byte[] Make(Random random)
    {
        var input = new byte[HeadBytes + DataBytes];
        random.NextBytes(input);
        var data = input.AsSpan(HeadBytes);
        // Mostly records one behind the other, some of which lie about their size.
        for (var at = 0; at < DataBytes - 16;)
        {
            var size = 8 * random.Next(1, 30);
            if (random.Next(20) != 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(data[at..], random.Next(6) == 0 ? (uint)random.Next(20) : PerfRing.RecordSample);
                BinaryPrimitives.WriteUInt16LittleEndian(data[(at + 6)..], (ushort)size);
                BinaryPrimitives.WriteInt32LittleEndian(data[(at + 8)..], random.Next(8) == 0 ? random.Next() : size - PerfRing.SamplePrefix);
            }

            at += size;
        }

        BinaryPrimitives.WriteInt64LittleEndian(input, random.NextInt64(1L << 40));
        BinaryPrimitives.WriteUInt16LittleEndian(input.AsSpan(8), (ushort)random.Next(DataBytes + 1));
        return input;
    }

    protected override string Parse(byte[] input)
    {
        // As the kernel has them: whole words, and no more than the ring holds.
        Array.Resize(ref input, HeadBytes + DataBytes);
        input.AsSpan(HeadBytes).CopyTo(_memory.AsSpan(PageBytes));
        var tail = BinaryPrimitives.ReadInt64LittleEndian(input) & ((1L << 40) - 1) & ~7;
        var used = (BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(8)) % (DataBytes + 1)) & ~7;
        BinaryPrimitives.WriteInt64LittleEndian(_memory.AsSpan(PerfRing.TailOffset), tail);
        BinaryPrimitives.WriteInt64LittleEndian(_memory.AsSpan(PerfRing.HeadOffset), tail + used);
        var ring = new PerfRing(0, Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0), PageBytes, DataBytes);
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("ring", [ring]));
        var records = 0;
        using (var drain = reader.Drain())
        {
            while (drain.MoveNext(out var record))
            {
                var sum = 0;
                foreach (var one in record.Payload)
                {
                    sum += one;
                }

                if (++records > DataBytes / 8 + 1)
                {
                    throw new FuzzException($"more records than the ring can hold, the last with the sum {sum}", Convert.ToHexString(_memory.AsSpan(PageBytes)));
                }
            }
        }

        return records == 0 ? "empty" : "read";
    }
}
