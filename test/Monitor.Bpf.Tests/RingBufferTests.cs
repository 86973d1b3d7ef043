using System.Buffers.Binary;
using Monitor.Bpf.Rings;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>Ring buffers: in ordinary memory with whatever may be in them, and the kernel's.</summary>
internal sealed class RingBufferTests
{
    [Test]
    public void TryNext_RecordsAcrossTheEnd_AreWhole()
    {
        using var ring = new FakeRingBuffer(start: 1 << 20);
        for (var round = 0; round < 100; round++)
        {
            ring.Record(round % 50, (byte)round);
            ring.Record(100, 7);
            Assert.That(ring.Drain(), Is.EqualTo([round % 50, 100]));
            Assert.That(ring.Consumer, Is.EqualTo(ring.Producer));
        }
    }

    [Test]
    public void TryNext_BusyRecord_EndsTheDrainUntilItIsCommitted()
    {
        using var ring = new FakeRingBuffer();
        ring.Record(8, 1);
        var busy = ring.Record(16, 2, RingBufferCursor.Busy);
        ring.Record(24, 3);
        Assert.That(ring.Drain(), Is.EqualTo([8]));
        Assert.That((ring.Consumer, ring.Cursor.HasRecord), Is.EqualTo((busy, false)));
        ring.Header(busy, 16);
        Assert.That(ring.Cursor.HasRecord, Is.True);
        Assert.That(ring.Drain(), Is.EqualTo([16, 24]));
        Assert.That(ring.Cursor.HasRecord, Is.False);
    }

    [Test]
    public void TryNext_DiscardedRecords_AreSkipped()
    {
        using var ring = new FakeRingBuffer();
        ring.Record(8, 1, RingBufferCursor.Discarded);
        ring.Record(8, 2);
        ring.Record(40, 3, RingBufferCursor.Discarded);
        Assert.That(ring.Drain(), Is.EqualTo([8]));
        Assert.That(ring.Consumer, Is.EqualTo(ring.Producer));
    }

    [Test]
    public void TryNext_WhatArrivesMeanwhile_WaitsForTheNextDrain()
    {
        using var ring = new FakeRingBuffer();
        ring.Record(8, 1);
        ring.Cursor.Begin();
        ring.Record(8, 2);
        Assert.That(ring.Cursor.TryNext(out _), Is.True);
        Assert.That(ring.Cursor.TryNext(out _), Is.False);
        ring.Cursor.Release();
        Assert.That(ring.Drain(), Is.EqualTo([8]));
    }

    [TestCase(0u, 256ul + 8)]
    [TestCase(1u << 29, 64ul)]
    [TestCase(0x3FFFFFFFu, 64ul)]
    [TestCase(57u, 64ul)]
    [TestCase(8u, 12ul)]
    public void TryNext_WhatMakesNoSense_IsSkippedAndReported(uint header, ulong available)
    {
        using var ring = new FakeRingBuffer();
        ring.Header(0, header);
        ring.Producer = available;
        Assert.That(ring.Drain(), Is.Empty);
        Assert.That(ring.Cursor.CorruptBytes, Is.EqualTo(available));
        Assert.That(ring.Consumer, Is.EqualTo(available));
    }

    [Test]
    public void TryNext_ConsumerThatWasMoved_IsSkippedAndReported()
    {
        using var ring = new FakeRingBuffer();
        ring.Record(8, 1);
        ring.Consumer = 3;
        Assert.That(ring.Cursor.HasRecord, Is.True);
        Assert.That(ring.Drain(), Is.Empty);
        ring.Consumer = 1 << 30;
        Assert.That(ring.Drain(), Is.Empty);
        Assert.That(ring.Consumer, Is.EqualTo(ring.Producer));
    }

    [Test]
    public void TryNext_RandomContent_StaysInside()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            using var ring = new FakeRingBuffer(64);
            for (ulong at = 0; at < 64; at += 8)
            {
                ring.Header(at, random.Next(3) == 0 ? (uint)random.Next(48) : (uint)random.NextInt64(1L << 32));
            }

            (ring.Consumer, ring.Producer) = ((ulong)random.Next(80), (ulong)random.Next(160));
            ring.Cursor.Begin();
            var bytes = 0;
            while (ring.Cursor.TryNext(out var payload))
            {
                bytes += payload.Length + RingBufferCursor.HeaderSize;
                _ = payload.ToArray();
            }

            Assert.That(bytes, Is.LessThanOrEqualTo(64));
        }
    }

    [Test]
    [RequiresKernel]
    public void Drain_RecordsOfAProgram_AreThoseThatWereNotDiscarded()
    {
        using var monitor = Load();
        using var ring = RingBuffer.Open(monitor.Map("events"));
        Assert.That((ring.Name, ring.Bytes), Is.EqualTo(("events", 8192)));
        using var link = monitor.Program("on_rename").Attach();
        var size = RecordSchema.Read(monitor).Size;
        var numbers = new List<ulong>();
        for (var i = 0; i < 400; i++)
        {
            Rename();
            if (i % 10 == 9)
            {
                Assert.That(ring.Wait(5000), Is.EqualTo(PerfWaitResult.Watermark));
                Read(ring, size, numbers);
            }
        }

        Assert.That(numbers, Is.Ordered.And.Unique);
        Assert.That(numbers, Has.Count.GreaterThanOrEqualTo(300).And.None.Matches<ulong>(n => n % 4 == 3));
        Assert.That(ring.Wait(0), Is.EqualTo(PerfWaitResult.TimedOut));
        Assert.That(Lost(monitor), Is.Zero);
    }

    [Test]
    [RequiresKernel]
    public void Drain_FullBuffer_LosesWhatTheProgramCounted()
    {
        using var monitor = Load();
        using var ring = RingBuffer.Open(monitor.Map("events"));
        using var link = monitor.Program("on_rename").Attach();
        var numbers = new List<ulong>();
        for (var i = 0; i < 400; i++)
        {
            Rename();
        }

        Read(ring, RecordSchema.Read(monitor).Size, numbers);
        Assert.That(numbers, Is.Not.Empty);
        Assert.That((ulong)numbers.Count + Lost(monitor), Is.GreaterThanOrEqualTo(300));
        Assert.That(Lost(monitor), Is.GreaterThan(0));

        // There is room again.
        Rename();
        Rename();
        var before = numbers.Count;
        Read(ring, RecordSchema.Read(monitor).Size, numbers);
        Assert.That(numbers, Has.Count.GreaterThan(before));
    }

    [Test]
    [RequiresKernel]
    public void Wait_FromAnotherThread_EndsByARecordOrAWake()
    {
        using var monitor = Load();
        using var ring = RingBuffer.Open(monitor.Map("events"));
        using var link = monitor.Program("on_rename").Attach();
        Assert.That(ring.Wait(0), Is.EqualTo(PerfWaitResult.TimedOut));
        ring.Wake();
        Assert.That(ring.Wait(-1), Is.EqualTo(PerfWaitResult.Woken));
        var size = RecordSchema.Read(monitor).Size;
        var numbers = new List<ulong>();
        for (var round = 1; round <= 50; round++)
        {
            // Now before the wait, now after it began. One of two may be discarded.
            var renaming = Task.Run(() =>
            {
                Rename();
                Rename();
            });
            while (numbers.Count < round)
            {
                Assert.That(ring.Wait(20_000), Is.EqualTo(PerfWaitResult.Watermark));
                Read(ring, size, numbers);
            }

            renaming.Wait();
        }

        ring.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ring.Wait(0));
        using var drain = ring.Drain();
        Assert.That(drain.MoveNext(out _), Is.False);
    }

    [Test]
    [RequiresKernel]
    public void Open_AnotherMap_IsRefused()
    {
        using var monitor = Load();
        Assert.That(
            Assert.Throws<ArgumentException>(() => RingBuffer.Open(monitor.Map("counters")))!.Message, Does.Contain("not a ring buffer"));
    }

    private static void Read(RingBuffer ring, int size, List<ulong> numbers)
    {
        using var drain = ring.Drain();
        while (drain.MoveNext(out var payload))
        {
            Assert.That(payload.Length, Is.EqualTo(size));
            numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(payload[^8..]));
        }

        Assert.That(drain.CorruptBytes, Is.Zero);
    }

    private static BpfObject Load()
    {
        var monitor = TestObjects.Open("ring_buffer");
        monitor.SetGlobal("target_tgid", (uint)Environment.ProcessId);
        monitor.Load();
        monitor.Map("reading").Update(0u, ulong.MaxValue);
        return monitor;
    }

    private static ulong Lost(BpfObject monitor)
    {
        var counters = monitor.Map("counters");
        Span<byte> values = stackalloc byte[counters.LookupBytes];
        Assert.That(counters.TryLookupBytes([0, 0, 0, 0], values), Is.True);
        var lost = 0ul;
        for (var at = 0; at < values.Length; at += 48)
        {
            lost += BinaryPrimitives.ReadUInt64LittleEndian(values[(at + 24)..]);
        }

        return lost;
    }

    private static void Rename() => File.WriteAllText("/proc/thread-self/comm", "renamed");
}
