using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Tests;

/// <summary>Elements of real maps.</summary>
[RequiresKernel]
internal sealed class MapTests
{
    private BpfObject _hooks = null!;
    private BpfMap _table = null!;

    [SetUp]
    public void LoadMaps()
    {
        _hooks = TestObjects.Open("hooks");
        foreach (var program in _hooks.Programs)
        {
            program.AutoLoad = false;
        }

        _hooks.Load();
        _table = _hooks.Map("table");
    }

    [TearDown]
    public void CloseObject() => _hooks.Dispose();

    [Test]
    public void Properties_OfAMap_AreThoseOfTheSource()
    {
        Assert.That(_table.Type, Is.EqualTo(BpfMapType.Hash));
        Assert.That((_table.KeySize, _table.ValueSize, _table.MaxEntries), Is.EqualTo((8, 8, 128u)));
        Assert.That(_table.MemoryBytes, Is.GreaterThan(128 * 16));
        Assert.That(_table.Id, Is.GreaterThan(0));
        Assert.That(_hooks.Maps.Select(m => m.Name), Is.EquivalentTo(["runs", "table", "odd_values", "even_values"]));
    }

    [Test]
    public void Update_ThenLookup_FindsTheLastValue()
    {
        Assert.That(_table.TryLookup((1, 2), out ulong _), Is.False);
        _table.Update((1, 2), 11ul);
        _table.Update((1, 2), 12ul);
        Assert.That(_table.TryLookup((1, 2), out ulong value), Is.True);
        Assert.That(value, Is.EqualTo(12));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(128)]
    public void Count_OfAHashMap_IsThatOfItsElements(int elements)
    {
        for (var i = 0; i < elements; i++)
        {
            _table.Update((i, i), 1ul);
        }

        Assert.That(_table.Count(), Is.EqualTo(elements));
    }

    [Test]
    public void Count_OfAnotherMap_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => _hooks.Map("runs").Count());

    [Test]
    public void Update_FullMap_IsRefused()
    {
        for (var i = 0; i < 128; i++)
        {
            _table.Update((i, i), 1ul);
        }

        Assert.That(Assert.Throws<BpfException>(() => _table.Update((1000, 0), 1ul))!.ErrnoName, Is.EqualTo("E2BIG"));
    }

    [Test]
    public void TryLookupPerCpu_ValuesThatAreNotMultiplesOfEight_AreRefused()
    {
        var values = new Triple[BpfFeatures.PossibleCpus];
        var e = Assert.Throws<InvalidOperationException>(() => _hooks.Map("odd_values").TryLookupPerCpu(7u, values.AsSpan()));
        Assert.That(e!.Message, Does.Contain("12 bytes"));
    }

    [Test]
    public void Elements_OfAnotherSize_AreRefusedWithBothSizes()
    {
        var e = Assert.Throws<ArgumentException>(() => _table.TryLookup(1, out ulong _));
        Assert.That(e!.Message, Does.Contain("'table'").And.Contain("8 bytes").And.Contain("4"));
        Assert.Throws<ArgumentException>(() => _table.Update((1, 1), 1));
        Assert.Throws<ArgumentException>(() => _hooks.Map("even_values").TryLookupPerCpu(1u, Span<ulong>.Empty));
        Assert.Throws<InvalidOperationException>(() => _hooks.Map("odd_values").TryLookup(1u, out Triple _));
    }

    [Test]
    public void Lookups_Repeated_AllocateNothing()
    {
        var map = _hooks.Map("even_values");
        var values = new ulong[BpfFeatures.PossibleCpus];
        Use();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Use();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Use()
        {
            _table.Update((1, 1), 5ul);
            _table.TryLookup((1, 1), out ulong _);
            map.TryLookupPerCpu(7u, values.AsSpan());
        }
    }

    [Test]
    public void Map_AfterDispose_ThrowsInsteadOfTouchingAnotherDescriptor()
    {
        _hooks.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _table.TryLookup((1, 1), out ulong _));
        Assert.Throws<ObjectDisposedException>(() => _ = _table.MaxEntries);
    }

    private readonly record struct Triple(int A, int B, int C);
}
