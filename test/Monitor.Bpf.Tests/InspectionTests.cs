using System.Buffers.Binary;
using Monitor.Bpf.Kernel;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>What an object would do, and its metrics.</summary>
internal sealed class InspectionTests
{
    // Of the program of calls.bpf.c.
    private const string Code = "tp_btf/task_rename";

    [Test]
    public void Of_Programs_SaysWhatTheyCall()
    {
        var inspection = Inspect("schema");
        var rename = inspection.Programs.Single(p => p.Name == "on_rename");
        Assert.That((rename.Section, rename.TypeName, rename.IsOptional), Is.EqualTo(("raw_tp/task_rename", "raw tracepoint", false)));
        Assert.That(rename.Helpers, Is.EqualTo(
            ["bpf_get_current_comm", "bpf_get_prandom_u32", "bpf_map_lookup_elem", "bpf_map_update_elem"]));
        Assert.That(rename.KernelFunctions, Is.Empty);
        Assert.That(rename.Instructions, Is.InRange(50, 400));
        var exit = inspection.Programs.Single(p => p.Name == "on_exit");
        Assert.That((exit.Section, exit.IsOptional, exit.Helpers.Count), Is.EqualTo(("raw_tp/sched_process_exit", true, 0)));
        Assert.That(exit.Instructions, Is.EqualTo(2));
    }

    [Test]
    public void Of_KernelFunctionsAndCallbacks_AreFollowed()
    {
        var programs = Inspect("kernel_functions").Programs;
        var locked = programs.Single(p => p.Name == "with_lock");
        Assert.That(locked.KernelFunctions, Is.EqualTo(["bpf_rcu_read_lock", "bpf_rcu_read_unlock"]));
        Assert.That(locked.Helpers, Is.Empty);
        Assert.That(
            programs.Single(p => p.Name == "with_callback").Helpers, Is.EqualTo(["bpf_get_smp_processor_id", "bpf_loop"]));
        Assert.That(programs.Single(p => p.Name == "with_unknown_helper").Helpers, Is.EqualTo(["helper 9999"]));
    }

    [Test]
    public void Of_Calls_AreWhatRelocationsSay()
    {
        string[] helpers =
        [
            "bpf_get_current_task", "bpf_get_prandom_u32", "bpf_get_smp_processor_id", "bpf_loop", "bpf_map_lookup_elem", "bpf_probe_read_kernel",
        ];
        var whole = new ObjectBytes(File.ReadAllBytes(TestObjects.Path("calls")));
        var program = Inspect(whole).Programs.Single();
        Assert.That(program.Helpers, Is.EqualTo(helpers));
        Assert.That(program.KernelFunctions, Is.EqualTo(["bpf_rcu_read_lock", "bpf_rcu_read_unlock"]));

        // bpf_ktime_get_ns, for who does not look at the relocation.
        var call = whole.Relocated(Code, "bpf_rcu_read_unlock");
        whole.Bytes[call + ObjectBytes.Registers] = 0;
        whole.Put(call + ObjectBytes.Immediate, 5);
        program = Inspect(whole).Programs.Single();
        Assert.That(program.Helpers, Is.EqualTo(helpers));
        Assert.That(program.KernelFunctions, Is.EqualTo(["bpf_rcu_read_lock", "bpf_rcu_read_unlock"]));
    }

    [TestCaseSource(nameof(Concealments))]
    public void Of_CodeThatLibbpfMayReadOtherwise_IsRefused(Action<ObjectBytes> conceal, string reason)
    {
        var changed = new ObjectBytes(File.ReadAllBytes(TestObjects.Path("calls")));
        conceal(changed);
        Assert.That(Assert.Throws<BpfException>(() => Inspect(changed))!.Message, Does.Contain(reason));
    }

    [Test]
    public void Of_Maps_SaysSizesAndWhichAreMetrics()
    {
        var inspection = Inspect("schema");
        var calls = inspection.Maps.Single(m => m.Name == "calls");
        Assert.That(
            (calls.Type, calls.KeySize, calls.ValueSize, calls.MaxEntries, calls.Bytes),
            Is.EqualTo((BpfMapType.LruHash, 24u, 8u, 64u, 64L * 32)));
        Assert.That(calls.Metric!.Kind, Is.EqualTo(MetricKind.Counter));
        Assert.That(calls.Metric.Description, Is.EqualTo("Calls by who made them."));
        Assert.That(
            calls.Metric.KeyFields.Select(f => (f.Name, f.Kind)),
            Is.EqualTo([("command", FieldKind.Text), ("error", FieldKind.ErrorNumber), ("fruit", FieldKind.Enum)]));
        var duration = inspection.Maps.Single(m => m.Name == "duration");
        Assert.That((duration.Metric!.Kind, duration.Metric.KeyFields.Count), Is.EqualTo((MetricKind.Histogram, 0)));
        Assert.That(duration.Bytes, Is.EqualTo(8 + (520 * BpfFeatures.PossibleCpus)));
        var sizes = inspection.Maps.Single(m => m.Name == "sizes").Metric!;
        Assert.That(sizes.KeyFields.Select(f => (f.Name, f.Kind)), Is.EqualTo([("key", FieldKind.Port)]));
        Assert.That(inspection.Maps.Single(m => m.Name == "state").Metric, Is.Null);
        Assert.That(inspection.VariableBytes, Is.GreaterThan(520));
        Assert.That(inspection.Bytes, Is.EqualTo(inspection.VariableBytes + inspection.Maps.Sum(m => m.Bytes)));
    }

    [Test]
    public void Of_MapsWithMapsOrPages_CountsWhatTheyHoldWhenFull()
    {
        var maps = Inspect("map_sizes").Maps.ToDictionary(map => map.Name, map => map.Bytes);
        Assert.That(maps["arrays"], Is.EqualTo(3 * (8 + 8 + (1000L * (8 + 64)))));
        Assert.That(maps["rings"], Is.EqualTo(5 * (8 + 8 + 65536L)));
        Assert.That(maps["per_cpu"], Is.EqualTo(2 * (8 + 8 + (10L * (8 + (16 * BpfFeatures.PossibleCpus))))));
        Assert.That(maps["pages"], Is.EqualTo(7L * Environment.SystemPageSize));
    }

    [Test]
    public void ReadAll_KeyWithoutAType_SaysWhatToWrite()
    {
        using var refused = TestObjects.Open("refused_metrics");
        var e = Assert.Throws<BpfException>(() => MetricMap.ReadAll(refused));
        Assert.That(e!.Message, Does.Contain("metric 'without_key' of refused_metrics").And.Contain("__type(key"));
    }

    [Test]
    [RequiresKernel]
    public void Helpers_OfTheHeader_CountIntoTheMaps()
    {
        using var schema = TestObjects.Open("schema");
        schema.Load();
        using (schema.Program("on_rename").Attach())
        {
            File.WriteAllText("/proc/thread-self/comm", "counted");
        }

        var sizes = schema.Map("sizes");
        Span<byte> value = stackalloc byte[sizes.LookupBytes];
        Assert.That(sizes.TryLookupBytes([80, 0], value), Is.True);
        var runs = U64(value, 8 + (9 * 8));
        Assert.That(runs, Is.GreaterThan(0), "1000 lies from 2^9 to below 2^10");
        Assert.That(U64(value, 0), Is.EqualTo(runs * 7000));
        Assert.That((U64(value, 8 + (10 * 8)), U64(value, 8 + (11 * 8)), U64(value, 8 + (8 * 8))), Is.EqualTo((runs, runs, 0ul)));

        var duration = schema.Map("duration");
        Span<byte> perCpu = stackalloc byte[duration.LookupBytes];
        Assert.That(duration.TryLookupBytes([0, 0, 0, 0], perCpu), Is.True);
        ulong zeroAndOne = 0, two = 0;
        for (var cpu = 0; cpu < BpfFeatures.PossibleCpus; cpu++)
        {
            zeroAndOne += U64(perCpu, (cpu * 520) + 8);
            two += U64(perCpu, (cpu * 520) + 16);
        }

        Assert.That((zeroAndOne, two), Is.EqualTo((2 * runs, runs)));

        var calls = schema.Map("calls");
        Span<byte> key = stackalloc byte[calls.KeySize];
        var commands = new List<string>();
        for (var found = calls.TryGetNextKey([], key); found; found = calls.TryGetNextKey(key, key))
        {
            commands.Add(System.Text.Encoding.UTF8.GetString(key[..key.IndexOf((byte)0)]));
        }

        Assert.That(commands, Is.Not.Empty.And.Count.LessThanOrEqualTo(64));
        Assert.Throws<ArgumentException>(() => calls.TryGetNextKey([], new byte[3]));
        Assert.Throws<InvalidOperationException>(() => ObjectInspection.Of(schema));
    }

    private static TestCaseData[] Concealments() =>
    [
        Conceal("CallIntoTheMiddle", "program 'on_rename' calls a place where no function", o =>
            o.Put(o.Relocated(Code, "shown") + ObjectBytes.Immediate, (int)o.U64(o.Symbol("hidden") + ObjectBytes.SymbolValue) / 8)),
        Conceal("CallBeforeTheFirst", "program 'on_rename' calls a place where no function", o =>
            o.Put(o.Relocated(Code, "shown") + ObjectBytes.Immediate, -2)),
        Conceal("CallbackIntoTheMiddle", "program 'on_rename' calls a place where no function", o =>
            o.Put(o.Relocated(Code, ".text") + ObjectBytes.Immediate, (int)o.U64(o.Symbol("hidden") + ObjectBytes.SymbolValue) + 8)),

        // As without relocation, where libbpf looks in .text and not where the call is.
        Conceal("CallWithinAnotherSection", "program 'on_rename' calls a place where no function", o =>
        {
            var call = o.Helper(Code, 1);
            o.Bytes[call + ObjectBytes.Registers] = 0x10;
            o.Put(call + ObjectBytes.Immediate, ((o.Content(Code) - call) / 8) - 1);
        }),
        Conceal("KernelFunctionByNumber", "program 'on_rename' has a call that is neither", o =>
            o.Bytes[o.Helper(Code, 1) + ObjectBytes.Registers] = 0x20),
        Conceal("FunctionWithOffset", "program 'on_rename' has a call that is neither", o =>
            o.Bytes[o.Relocated(Code, "shown") + 2] = 1),
        Conceal("CallThroughARegister", "program 'on_rename' has a call that is neither", o =>
            o.Bytes[o.Helper(Code, 1)] = 0x8D),
        Conceal("MapByNumber", "program 'on_rename' refers to a map or function by a number", o =>
            o.Bytes[o.Relocated(Code, "values") + ObjectBytes.Registers] |= 0x10),
        Conceal("CallInTheSecondHalf", "program 'on_rename' has half an instruction", o =>
            o.Put(o.Relocated(Code, "values") + 8, 0x85)),
        Conceal("HalfAnInstructionAtTheEnd", "program 'on_rename' has half an instruction", o =>
        {
            var end = (int)o.U64(o.SectionHeader(Code) + ObjectBytes.SectionBytes) - 8;
            o.Put(o.Content(Code) + end, 0x18);
        }),
        Conceal("TwoOfOneName", "two functions of one name", o =>
            o.Put(o.Symbol("hidden"), (int)o.U32(o.Symbol("on_rename")))),
        Conceal("TwoAtOnePlace", "two functions that begin at one place", o =>
            o.Put(o.Symbol("hidden") + ObjectBytes.SymbolValue, (int)o.U64(o.Symbol("shown") + ObjectBytes.SymbolValue))),
        Conceal("Overlapping", "functions that overlap", o =>
            o.Put(o.Symbol("shown") + ObjectBytes.SymbolBytes, (int)o.U64(o.Symbol("shown") + ObjectBytes.SymbolBytes) + 8)),
        Conceal("TwoRelocations", "two relocations at one place", o =>
            o.Put(o.Relocation(Code, "bpf_rcu_read_lock"), (int)o.U64(o.Relocation(Code, "bpf_rcu_read_unlock")))),
        Conceal("RelocationsThatLibbpfSkips", "relocations of code in a section that is not called .rel", o =>
            o.Put(o.SectionHeader($".rel{Code}"), (int)o.U32(o.SectionHeader(".rel.BTF")))),
        Conceal("CallbackThatCoReChanges", "program 'on_rename' has a CO-RE relocation", o =>
            o.Put(o.CoreRelocation(Code), (int)o.U64(o.Relocation(Code, ".text")))),
    ];

    private static TestCaseData Conceal(string name, string reason, Action<ObjectBytes> conceal) =>
        new TestCaseData(conceal, reason).SetArgDisplayNames(name);

    private static ObjectInspection Inspect(ObjectBytes bytes)
    {
        using var opened = BpfObject.Open(bytes.Bytes, "calls");
        return ObjectInspection.Of(opened);
    }

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static ObjectInspection Inspect(string name)
    {
        using var opened = TestObjects.Open(name);
        return ObjectInspection.Of(opened);
    }
}
