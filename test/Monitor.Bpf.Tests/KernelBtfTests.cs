using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Monitor.Bpf.Btf;

namespace Monitor.Bpf.Tests;

/// <summary>The running kernel's types, and broken ones.</summary>
internal sealed class KernelBtfTests
{
    private static readonly Lazy<KernelBtf?> Kernel = new(KernelBtf.TryOpen);

    [Test]
    public void FindEnum_DropReasons_ArePresentByNameAndNumber()
    {
        var reasons = Require().FindEnum("skb_drop_reason");
        Assert.That(reasons, Is.Not.Null);
        Assert.That(reasons!.Single(r => r.Name == "SKB_NOT_DROPPED_YET").Value, Is.Zero);
        Assert.That(reasons, Has.One.Matches<BtfEnumValue>(r => r.Name == "SKB_DROP_REASON_NO_SOCKET"));
        Assert.That(reasons.Select(r => r.Value).Distinct().Count(), Is.GreaterThan(50));
    }

    [Test]
    public void FindEnum_Unknown_IsNull() => Assert.That(Require().FindEnum("no_such_enum"), Is.Null);

    [Test]
    public void TryOpen_MissingFile_IsNull() => Assert.That(KernelBtf.TryOpen("/nowhere"), Is.Null);

    [Test]
    public void Parse_ArbitraryTypes_IsReadOrRefused() =>
        Prop.ForAll<byte[]>(types =>
        {
            var data = new byte[24 + (types.Length & ~3) + 4];
            BinaryPrimitives.WriteUInt16LittleEndian(data, 0xEB9F);
            data[2] = 1;
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(4), 24);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), types.Length & ~3);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(16), types.Length & ~3);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(20), 4);
            types.AsSpan(0, types.Length & ~3).CopyTo(data.AsSpan(24));
            return ReadsOrRefuses(data);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Test]
    public void Parse_DamagedObjectBtf_IsReadOrRefused()
    {
        byte[] whole;
        using (var connects = TestObjects.Open("connects"))
        {
            whole = connects.Types!.ToArray();
        }

        Assert.That(ReadsOrRefuses([.. whole]), Is.True);
        Prop.ForAll<NonNegativeInt, byte>((place, value) =>
        {
            var damaged = (byte[])whole.Clone();
            damaged[place.Get % damaged.Length] = value;
            return ReadsOrRefuses(damaged);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(whole.Length * 2));
    }

    private static KernelBtf Require()
    {
        if (Kernel.Value is null)
        {
            Assert.Ignore("This kernel has no BTF.");
        }

        return Kernel.Value!;
    }

    private static bool ReadsOrRefuses(byte[] data)
    {
        try
        {
            var types = BtfTypes.Parse(data, "test");
            for (uint id = 1; id < types.Count; id++)
            {
                if (types[id].Kind == BtfKind.Struct)
                {
                    BtfStructReader.Find(types, types.Name(types[id]));
                }
            }

            BtfGuard.Check(types, "test");
            GlobalVariables.Find(types, "x", "test");
            return true;
        }
        catch (Exception e) when (e is BpfException or KeyNotFoundException)
        {
            return true;
        }
    }
}
