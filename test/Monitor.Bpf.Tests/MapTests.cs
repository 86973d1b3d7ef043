using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Tests;

/// <summary>Elements of real maps.</summary>
[RequiresKernel]
internal sealed class MapTests
{
    private BpfObject hooks = null!;
    private BpfMap table = null!;

    [SetUp]
    public void LoadMaps()
    {
        hooks = TestObjects.Open("hooks");
        foreach (var program in hooks.Programs)
        {
            program.AutoLoad = false;
        }

        hooks.Map("table").MaxEntries = 200;
        hooks.Load();
        table = hooks.Map("table");
    }

    [TearDown]
    public void CloseObject() => hooks.Dispose();

    [Test]
    public void Properties_OfAMap_AreThoseOfTheSource()
    {
        Assert.That(table.Type, Is.EqualTo(BpfMapType.Hash));
        Assert.That((table.KeySize, table.ValueSize, table.MaxEntries), Is.EqualTo((8, 8, 200u)));
        Assert.That(table.MemoryBytes, Is.GreaterThan(200 * 16));
        Assert.That(table.Id, Is.GreaterThan(0));
        Assert.That(hooks.Maps.Select(m => m.Name), Is.EquivalentTo(["runs", "table", "odd_values"]));
    }

    [Test]
    public void Update_Modes_SayWhatBecameOfIt()
    {
        Assert.That(table.Update((1, 2), 10ul, BpfUpdateMode.ReplaceOnly), Is.EqualTo(BpfUpdateResult.Missing));
        Assert.That(table.Update((1, 2), 10ul, BpfUpdateMode.CreateOnly), Is.EqualTo(BpfUpdateResult.Stored));
        Assert.That(table.Update((1, 2), 11ul, BpfUpdateMode.CreateOnly), Is.EqualTo(BpfUpdateResult.Exists));
        Assert.That(table.Update((1, 2), 12ul), Is.EqualTo(BpfUpdateResult.Stored));
        Assert.That(table.TryLookup((1, 2), out ulong value), Is.True);
        Assert.That(value, Is.EqualTo(12));
    }

    [Test]
    public void Update_FullMap_SaysFull()
    {
        for (var i = 0; i < 200; i++)
        {
            Assert.That(table.Update((i, i), 1ul), Is.EqualTo(BpfUpdateResult.Stored));
        }

        Assert.That(table.Update((1000, 0), 1ul), Is.EqualTo(BpfUpdateResult.Full));
    }

    [Test]
    public void Delete_ThenLookup_FindsNothing()
    {
        table.Update((1, 1), 5ul);
        Assert.That(table.Delete((1, 1)), Is.True);
        Assert.That(table.Delete((1, 1)), Is.False);
        Assert.That(table.TryLookup((1, 1), out ulong _), Is.False);
    }

    [Test]
    public void TryLookupAndDelete_ExistingKey_GivesTheLastValue()
    {
        table.Update((1, 1), 5ul);
        Assert.That(table.TryLookupAndDelete((1, 1), out ulong value), Is.True);
        Assert.That(value, Is.EqualTo(5));
        Assert.That(table.TryLookupAndDelete((1, 1), out value), Is.False);
    }

    [Test]
    public void Keys_FilledMap_GivesEachOnce()
    {
        Fill(100);
        var keys = new List<(int, int)>();
        foreach (var key in table.Keys<(int, int)>())
        {
            keys.Add(key);
        }

        Assert.That(keys, Is.EquivalentTo(Enumerable.Range(0, 100).Select(i => (i, -i))));
    }

    [TestCase(false, 100)]
    [TestCase(true, 0)]
    public void ReadBatch_FilledMap_GivesEachOnce(bool delete, int left)
    {
        Fill(100);
        var keys = new (int, int)[64];
        var values = new ulong[64];
        var seen = new Dictionary<int, ulong>();
        BpfBatchCursor cursor = default;
        while (!cursor.Done)
        {
            var count = table.ReadBatch(ref cursor, keys.AsSpan(), values, delete);
            for (var i = 0; i < count; i++)
            {
                seen.Add(keys[i].Item1, values[i]);
            }
        }

        Assert.That(seen, Is.EquivalentTo(Enumerable.Range(0, 100).ToDictionary(i => i, i => (ulong)i * 3)));
        var remaining = 0;
        foreach (var _ in table.Keys<(int, int)>())
        {
            remaining++;
        }

        Assert.That(remaining, Is.EqualTo(left));
    }

    [Test]
    public void UpdateBatch_MoreThanFit_SaysHowMany()
    {
        var keys = Enumerable.Range(0, 300).Select(i => (i, 0)).ToArray();
        Assert.That(table.UpdateBatch<(int, int), ulong>(keys, new ulong[300]), Is.EqualTo(200));
    }

    [Test]
    public void TryLookupPerCpu_ValueOfTwelveBytes_IsUnpacked()
    {
        var map = hooks.Map("odd_values");
        var cpus = BpfFeatures.PossibleCpus;
        var written = Enumerable.Range(0, cpus).Select(i => new Triple(i, i * 10, i * 100)).ToArray();
        map.UpdatePerCpu<uint, Triple>(7, written);
        var read = new Triple[cpus];
        Assert.That(map.TryLookupPerCpu(7u, read.AsSpan()), Is.True);
        Assert.That(read, Is.EqualTo(written));
        Assert.That(map.TryLookupPerCpu(8u, read.AsSpan()), Is.False);
    }

    [Test]
    public void Elements_OfAnotherSize_AreRefusedWithBothSizes()
    {
        var e = Assert.Throws<ArgumentException>(() => table.TryLookup(1, out ulong _));
        Assert.That(e!.Message, Does.Contain("'table'").And.Contain("8 bytes").And.Contain("4"));
        Assert.Throws<ArgumentException>(() => table.Update((1, 1), 1));
        Assert.Throws<ArgumentException>(() => hooks.Map("odd_values").TryLookupPerCpu(1u, Span<Triple>.Empty));
        Assert.Throws<InvalidOperationException>(() => hooks.Map("odd_values").TryLookup(1u, out Triple _));
    }

    [Test]
    public void Lookups_Repeated_AllocateNothing()
    {
        var map = hooks.Map("odd_values");
        var values = new Triple[BpfFeatures.PossibleCpus];
        Use();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Use();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Use()
        {
            table.Update((1, 1), 5ul);
            table.TryLookup((1, 1), out ulong _);
            map.TryLookupPerCpu(7u, values.AsSpan());
            foreach (var key in table.Keys<(int, int)>())
            {
                table.Delete(key);
            }
        }
    }

    [Test]
    public void Map_AfterDispose_ThrowsInsteadOfTouchingAnotherDescriptor()
    {
        hooks.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.TryLookup((1, 1), out ulong _));
        Assert.Throws<ObjectDisposedException>(() => _ = table.MaxEntries);
    }

    private void Fill(int count)
    {
        for (var i = 0; i < count; i++)
        {
            table.Update((i, -i), (ulong)i * 3);
        }
    }

    private readonly record struct Triple(int A, int B, int C);
}
