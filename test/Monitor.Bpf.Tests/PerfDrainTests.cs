using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Tests;

/// <summary>The record walker and the merge, over rings in ordinary memory.</summary>
internal sealed class PerfDrainTests
{
    [Test]
    public void MoveNext_EmptyRings_EndsAtOnce()
    {
        using var ring = new FakeRing();
        Assert.That(DrainAll(ring), Is.Empty);
        Assert.That(ring.Tail, Is.Zero);
    }

    [Test]
    public void MoveNext_SamplesOfOneRing_AreHandedOutInOrderAndReleased()
    {
        using var ring = new FakeRing(cpu: 3);
        ring.Sample(10);
        ring.Sample(20);
        var seen = DrainAll(ring);
        Assert.That(seen.Select(s => s.Timestamp), Is.EqualTo(new ulong[] { 10, 20 }));
        Assert.That(seen.Select(s => s.Cpu), Is.All.EqualTo(3));
        Assert.That(seen[1].Previous, Is.EqualTo(10));
        Assert.That(ring.Tail, Is.EqualTo(ring.Head));
    }

    [Test]
    public void MoveNext_RingsOfSeveralSets_AreMergedByTime()
    {
        using var a = new FakeRing(0);
        using var b = new FakeRing(1);
        using var c = new FakeRing(0);
        foreach (var (ring, times) in new (FakeRing, ulong[])[] { (a, [1, 5, 9]), (b, [2, 3, 10]), (c, [4, 6, 7, 8]) })
        {
            foreach (var time in times)
            {
                ring.Sample(time);
            }
        }

        using var reader = new PerfRingReader(
            PerfRingSet.ForMemory("first", [a.Ring, b.Ring]), PerfRingSet.ForMemory("second", [c.Ring]));
        var seen = DrainAll(reader);
        Assert.That(seen.Select(s => s.Timestamp), Is.EqualTo(Enumerable.Range(1, 10).Select(i => (ulong)i)));
        Assert.That(seen.Where(s => s.SetIndex == 1).Select(s => s.Timestamp), Is.EqualTo(new ulong[] { 4, 6, 7, 8 }));
    }

    [Test]
    public void MoveNext_TimesGoBackwardsInOneRing_KeepsTheKernelsOrder()
    {
        using var ring = new FakeRing();
        ring.Sample(20);
        ring.Sample(10);
        Assert.That(DrainAll(ring).Select(s => s.Timestamp), Is.EqualTo(new ulong[] { 20, 10 }));
    }

    [Test]
    public void MoveNext_RecordArrivesDuringTheDrain_WaitsForTheNextOne()
    {
        using var ring = new FakeRing();
        ring.Sample(1);
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [ring.Ring]));
        using (var drain = reader.Drain())
        {
            Assert.That(drain.MoveNext(out _), Is.True);
            ring.Sample(2);
            Assert.That(drain.MoveNext(out _), Is.False);
            Assert.That(drain.MoveNext(out _), Is.False);
        }

        Assert.That(DrainAll(reader).Single().Timestamp, Is.EqualTo(2));
    }

    [Test]
    public void MoveNext_PayloadWraps_IsContiguous()
    {
        // Every place at which a record of this size can lie in the ring, so every place at which it can wrap.
        for (ulong start = 0; start < 4096; start += 8)
        {
            using var ring = new FakeRing(start: (ulong.MaxValue & ~4095ul) + start);
            ring.Sample(0x0102030405060708, payloadBytes: 100);
            var expected = new byte[100];
            for (var i = 0; i < expected.Length; i++)
            {
                expected[i] = (byte)(0x0102030405060708 + (ulong)i);
            }

            BinaryPrimitives.WriteUInt64LittleEndian(expected, 0x0102030405060708);
            var seen = DrainAll(ring).Single();
            Assert.That(seen.Timestamp, Is.EqualTo(0x0102030405060708), $"at {start}");
            Assert.That(seen.Payload.AsSpan(0, 100).SequenceEqual(expected), Is.True, $"at {start}");
        }
    }

    [Test]
    public void MoveNext_Lost_SaysBetweenWhichSamples()
    {
        using var ring = new FakeRing();
        ring.Sample(10);
        ring.Lost(7);
        ring.Sample(50);
        var seen = DrainAll(ring);
        Assert.That(seen.Select(s => s.Kind), Is.EqualTo(new[] { PerfRecordKind.Sample, PerfRecordKind.Lost, PerfRecordKind.Sample }));
        Assert.That(seen[1], Is.EqualTo(new Seen(PerfRecordKind.Lost, 0, 0, 50, 10, [], 7, 0)).Using<Seen>(SameButPayload));
    }

    [Test]
    public void MoveNext_LostFirstInADrain_RemembersTheSampleOfTheDrainBefore()
    {
        using var ring = new FakeRing();
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [ring.Ring]));
        ring.Sample(10);
        DrainAll(reader);
        ring.Lost(3);
        ring.Sample(30);
        Assert.That(DrainAll(reader)[0].Previous, Is.EqualTo(10));
    }

    [Test]
    public void MoveNext_UnknownRecordType_IsSkipped()
    {
        using var ring = new FakeRing();
        ring.Record(type: 77, recordSize: 64, actualBytes: 64);
        ring.Sample(1);
        ring.Record(type: 78, recordSize: 8, actualBytes: 8);
        Assert.That(DrainAll(ring).Single().Timestamp, Is.EqualTo(1));
        Assert.That(ring.Tail, Is.EqualTo(ring.Head));
    }

    [TestCase((ushort)0)]
    [TestCase((ushort)4)]
    [TestCase((ushort)20, Description = "no multiple of 8")]
    [TestCase((ushort)4096, Description = "beyond the head")]
    public void MoveNext_ImpossibleSize_SkipsToTheHeadAndCountsTheBytes(ushort recordSize)
    {
        using var ring = new FakeRing();
        ring.Sample(1);
        var before = ring.Head;
        ring.Record(type: PerfRing.RecordSample, recordSize, actualBytes: 64);
        ring.Sample(2);
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [ring.Ring]));
        var seen = DrainAll(reader);
        Assert.That(seen, Has.Count.EqualTo(2));
        Assert.That(seen[1].Kind, Is.EqualTo(PerfRecordKind.Corrupt));
        Assert.That(seen[1].CorruptBytes, Is.EqualTo(ring.Head - before));
        Assert.That(ring.Tail, Is.EqualTo(ring.Head));
        ring.Sample(3);
        Assert.That(DrainAll(reader).Single().Timestamp, Is.EqualTo(3), "the ring works on");
    }

    [Test]
    public void MoveNext_RawSizeBeyondItsRecord_LosesThatRecordOnly()
    {
        using var ring = new FakeRing();
        Span<byte> record = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(record, PerfRing.RecordSample);
        BinaryPrimitives.WriteUInt16LittleEndian(record[6..], 32);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], 21);
        ring.Raw(record);
        ring.Sample(2);
        var seen = DrainAll(ring);
        Assert.That(seen.Select(s => s.Kind), Is.EqualTo(new[] { PerfRecordKind.Corrupt, PerfRecordKind.Sample }));
        Assert.That(seen[0].CorruptBytes, Is.EqualTo(32));
    }

    [TestCase(4096ul + 8)]
    [TestCase(4ul)]
    [TestCase(ulong.MaxValue & ~7ul)]
    public void MoveNext_ImpossibleHead_SkipsToIt(ulong head)
    {
        using var ring = new FakeRing();
        ring.Head = head;
        var seen = DrainAll(ring);
        Assert.That(seen.Single().Kind, Is.EqualTo(PerfRecordKind.Corrupt));
        Assert.That(seen.Single().CorruptBytes, Is.EqualTo(head));
        Assert.That(ring.Tail, Is.EqualTo(head));
    }

    [Test]
    public void MoveNext_LongDrain_GivesRoomBackWhileItRuns()
    {
        using var ring = new FakeRing();
        var count = 0;
        while (ring.Sample((ulong)count))
        {
            count++;
        }

        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [ring.Ring]));
        using var drain = reader.Drain();
        var handedOut = 0ul;
        while (drain.MoveNext(out var record))
        {
            Assert.That(ring.Tail, Is.LessThanOrEqualTo(handedOut), "the current record is not given away");
            Assert.That(handedOut - ring.Tail, Is.LessThanOrEqualTo(1024 + 32), "a quarter is given back");
            handedOut += (ulong)record.Payload.Length + PerfRing.SamplePrefix;
        }

        Assert.That(ring.Tail, Is.EqualTo(ring.Head));
    }

    [Test]
    public void Dispose_BeforeTheEnd_KeepsWhatWasNotHandedOut()
    {
        using var a = new FakeRing(0);
        using var b = new FakeRing(1);
        a.Sample(1);
        b.Sample(2);
        a.Sample(3);
        b.Sample(4);
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [a.Ring, b.Ring]));
        using (var drain = reader.Drain())
        {
            drain.MoveNext(out _);
            drain.MoveNext(out _);
        }

        Assert.That(DrainAll(reader).Select(s => s.Timestamp), Is.EqualTo(new ulong[] { 3, 4 }));
    }

    [Test]
    public void Drain_ManyRecords_AllocatesNothing()
    {
        using var a = new FakeRing(0, 1 << 16);
        using var b = new FakeRing(1, 1 << 16);
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [a.Ring, b.Ring]));
        Fill();
        CountAll();
        Fill();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = CountAll();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(count, Is.GreaterThan(2000));

        void Fill()
        {
            for (ulong i = 0; a.Sample(i * 2) && b.Sample((i * 2) + 1); i++)
            {
            }
        }

        int CountAll()
        {
            using var drain = reader.Drain();
            var n = 0;
            while (drain.MoveNext(out _))
            {
                n++;
            }

            return n;
        }
    }

    [Test]
    public void Drain_ArbitraryBytes_EndsAndAccountsForEveryByte() =>
        Prop.ForAll<byte[], ushort>((bytes, start) =>
        {
            using var ring = new FakeRing(start: (ulong)start * 8);
            ring.Raw(bytes.AsSpan(0, Math.Min(bytes.Length, 4096) & ~7));
            return DrainEndsAtTheHead(ring);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Test]
    public void Drain_MutatedRecords_EndsAndAccountsForEveryByte() =>
        Prop.ForAll<byte[], NonNegativeInt, byte>((sizes, place, value) =>
        {
            using var ring = new FakeRing();
            foreach (var size in sizes)
            {
                _ = size % 8 == 0 ? Lost(ring, size) : ring.Sample(size, size);
            }

            ring.Data[place.Get % ring.Data.Length] = value;
            return DrainEndsAtTheHead(ring);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static bool Lost(FakeRing ring, ulong count)
    {
        if (ring.Head - ring.Tail + 24 <= 4096)
        {
            ring.Lost(count);
        }

        return true;
    }

    private static bool DrainEndsAtTheHead(FakeRing ring)
    {
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [ring.Ring]));
        using (var drain = reader.Drain())
        {
            // A record has 8 bytes or more, so there cannot be more than this.
            for (var left = ring.Data.Length / 8; drain.MoveNext(out var record); left--)
            {
                if (left == 0 || record.Payload.Length > ring.Data.Length)
                {
                    return false;
                }
            }
        }

        return ring.Tail == ring.Head;
    }

    private static List<Seen> DrainAll(FakeRing ring)
    {
        using var reader = new PerfRingReader(PerfRingSet.ForMemory("set", [ring.Ring]));
        return DrainAll(reader);
    }

    private static List<Seen> DrainAll(PerfRingReader reader)
    {
        var seen = new List<Seen>();
        using var drain = reader.Drain();
        while (drain.MoveNext(out var r))
        {
            seen.Add(new Seen(
                r.Kind, r.SetIndex, r.Cpu, r.Timestamp, r.PreviousTimestamp, r.Payload.ToArray(), r.LostCount, r.CorruptBytes));
        }

        return seen;
    }

    private static bool SameButPayload(Seen a, Seen b) => (a with { Payload = b.Payload }) == b;

    private sealed record Seen(
        PerfRecordKind Kind, int SetIndex, int Cpu, ulong Timestamp, ulong Previous, byte[] Payload, ulong LostCount,
        ulong CorruptBytes);
}
