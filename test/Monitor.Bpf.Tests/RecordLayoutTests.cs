using System.Runtime.InteropServices;
using Monitor.Bpf.Btf;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Tests;

/// <summary>C structures from real BTF against C# ones.</summary>
internal sealed class RecordLayoutTests
{
    [Test]
    public void Check_SameLayout_FindsNothing() => Assert.That(Check<TestRecord>(), Is.Empty);

    [Test]
    public void FindStruct_OfTheObject_GivesOffsetsAndSizes()
    {
        using var connects = TestObjects.Open("connects");
        var record = connects.FindStruct("test_record")!;
        Assert.That(record.Size, Is.EqualTo(88));
        var address = record.Fields.Single(f => f.Name == "address");
        Assert.That((address.BitOffset, address.Size, address.ElementSize, address.Kind), Is.EqualTo((32 * 8, 16, 4, BtfKind.Array)));
        var spare = record.Fields.Single(f => f.Name == "spare6");
        Assert.That((spare.BitOffset, spare.Alternative), Is.EqualTo((72 * 8, 1)));
        Assert.That(record.Fields.Single(f => f.Name == "local").Struct!.Fields, Has.Count.EqualTo(3));
        Assert.That(record.Fields.Single(f => f.Name == "return_code").IsSigned, Is.True);
        Assert.That(connects.FindStruct("no_such_struct"), Is.Null);
    }

    [Test]
    public void Check_EveryKindOfDifference_IsNamed()
    {
        var differences = Check<Wrong>();
        Assert.That(differences, Has.Some.Contains("has 88 bytes, Wrong has 96"));
        Assert.That(differences, Has.Some.Contains("test_record.cookie has 8 bytes, Wrong.Cookie has 4"));
        Assert.That(differences, Has.Some.Contains("test_record.tgid (offset 16, 4 bytes) has no field"));
        Assert.That(differences, Has.Some.Contains("test_record.return_code is signed, Wrong.ReturnCode is unsigned"));
        Assert.That(differences, Has.Some.Contains("test_record.address has elements of 4 bytes, Wrong.Address of 1"));
        Assert.That(differences, Has.Some.Contains("test_record.local.port is at offset 68, Wrong.Local.Port at 64"));
        Assert.That(differences, Has.Some.Contains("none of test_record.spare4/spare6 (offset 72) has a field"));
        Assert.That(differences, Has.Some.Contains("Wrong.Surplus (offset 88) has no member"));
        Assert.That(differences, Has.None.Contains("pad0"));
    }

    [Test]
    public void Check_UnknownStruct_SaysHowToGetItIntoTheBtf()
    {
        using var connects = TestObjects.Open("connects");
        Assert.That(RecordLayout.Check<TestRecord>(connects, "missing"), Has.One.Contains("struct missing"));
    }

    [Test]
    public void InteropStructures_AgainstTheRunningKernel_Agree()
    {
        if (KernelBtf.TryOpen() is not { } kernel)
        {
            Assert.Ignore("This kernel has no BTF.");
            return;
        }

        // Ours end earlier, and the kernel's single bit-field is a whole word for us.
        var differences = RecordLayout.Compare<BpfProgInfo>(kernel.FindStruct("bpf_prog_info")!)
            .Concat(RecordLayout.Compare<BpfMapInfo>(kernel.FindStruct("bpf_map_info")!))
            .Concat(RecordLayout.Compare<PerfEventAttributes>(kernel.FindStruct("perf_event_attr")!))
            .Where(d => d.Contains("is at offset", StringComparison.Ordinal) && !d.Contains("Flags", StringComparison.Ordinal));
        Assert.That(differences, Is.Empty);
    }

    private static IReadOnlyList<string> Check<T>()
        where T : unmanaged
    {
        using var connects = TestObjects.Open("connects");
        return RecordLayout.Check<T>(connects, "test_record");
    }

    [StructLayout(LayoutKind.Explicit, Size = 96)]
    private unsafe struct Wrong
    {
        [FieldOffset(0)]
        internal ulong BootNs;

        [FieldOffset(8)]
        internal uint Cookie;

        [FieldOffset(20)]
        internal uint Tid;

        [FieldOffset(24)]
        internal uint ReturnCode;

        [FieldOffset(28)]
        internal ushort Port;

        [FieldOffset(30)]
        internal byte Family;

        [FieldOffset(32)]
        internal fixed byte Address[16];

        [FieldOffset(48)]
        internal fixed byte Command[16];

        [FieldOffset(64)]
        internal WrongEndpoint Local;

        [FieldOffset(88)]
        internal ulong Surplus;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WrongEndpoint
    {
        internal ushort Port;
        internal ushort Pad;
        internal uint Network;
    }
}
