using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>Records of compiled objects, and what is said about those that cannot be shown.</summary>
internal sealed class RecordSchemaTests
{
    private RecordSchema _schema = null!;

    [OneTimeSetUp]
    public void Read()
    {
        using var schema = TestObjects.Open("schema");
        _schema = RecordSchema.Read(schema);
    }

    [Test]
    public void Read_Record_HasNameSizeAndDescription()
    {
        Assert.That(_schema.StructName, Is.EqualTo("everything_record"));
        Assert.That(_schema.Size, Is.EqualTo(352));
        Assert.That(_schema.Description, Is.EqualTo("Every kind of field."));
        Assert.That(_schema.Fields[0].Name, Is.EqualTo("timestamp"));
    }

    [TestCase("timestamp", FieldKind.Time, 8, 1, "__u64")]
    [TestCase("s8", FieldKind.Signed, 1, 1, "__s8")]
    [TestCase("u8", FieldKind.Unsigned, 1, 1, "__u8")]
    [TestCase("s16", FieldKind.Signed, 2, 1, "__s16")]
    [TestCase("u16", FieldKind.Unsigned, 2, 1, "__u16")]
    [TestCase("s32", FieldKind.Signed, 4, 1, "__s32")]
    [TestCase("u32", FieldKind.Unsigned, 4, 1, "__u32")]
    [TestCase("s64", FieldKind.Signed, 8, 1, "__s64")]
    [TestCase("u64", FieldKind.Unsigned, 8, 1, "__u64")]
    [TestCase("flag", FieldKind.Boolean, 1, 1, "_Bool")]
    [TestCase("flags", FieldKind.Boolean, 1, 3, "_Bool[3]")]
    [TestCase("fruit", FieldKind.Enum, 4, 1, "enum fruit")]
    [TestCase("basket", FieldKind.Enum, 4, 2, "enum fruit[2]")]
    [TestCase("text", FieldKind.Text, 1, 12, "char[12]")]
    [TestCase("path", FieldKind.Text, 1, 32, "path_t")]
    [TestCase("letter", FieldKind.Signed, 1, 1, "char")]
    [TestCase("bytes", FieldKind.Bytes, 1, 5, "__u8[5]")]
    [TestCase("mac", FieldKind.Bytes, 1, 6, "mac_t")]
    [TestCase("deltas", FieldKind.Signed, 1, 2, "signed char[2]")]
    [TestCase("numbers", FieldKind.Unsigned, 4, 4, "__u32[4]")]
    [TestCase("duration", FieldKind.Duration, 8, 1, "nanoseconds_t")]
    [TestCase("waited", FieldKind.Duration, 8, 1, "long_wait_t")]
    [TestCase("waits", FieldKind.Duration, 8, 2, "nanoseconds_t[2]")]
    [TestCase("started", FieldKind.Time, 8, 1, "boot_time_t")]
    [TestCase("ipv4", FieldKind.Ipv4, 4, 1, "ipv4_address_t")]
    [TestCase("ip", FieldKind.Ip, 16, 1, "ip_address_t")]
    [TestCase("ips", FieldKind.Ip, 16, 2, "ip_address_t[2]")]
    [TestCase("port", FieldKind.Port, 2, 1, "port_number_t")]
    [TestCase("network_port", FieldKind.NetworkPort, 2, 1, "network_port_t")]
    [TestCase("symbol", FieldKind.KernelSymbol, 8, 1, "kernel_symbol_t")]
    [TestCase("stack", FieldKind.KernelStack, 4, 1, "kernel_stack_t")]
    [TestCase("error", FieldKind.ErrorNumber, 4, 1, "error_number_t")]
    [TestCase("place.line", FieldKind.Unsigned, 4, 1, "__u32")]
    [TestCase("place.inner.column", FieldKind.Signed, 2, 1, "__s16")]
    [TestCase("process.command", FieldKind.Text, 1, 16, "char[16]")]
    [TestCase("unnamed_member", FieldKind.Unsigned, 4, 1, "__u32")]
    public void Read_Field_HasKindAndType(string name, FieldKind kind, int size, int count, string typeName)
    {
        var field = Field(name);
        Assert.That((field.Kind, field.Size, field.Count, field.TypeName), Is.EqualTo((kind, size, count, typeName)));
        Assert.That(field.BitSize, Is.Zero);
        Assert.That(field.BitOffset % 8, Is.Zero);
        Assert.That(field.IsList, Is.EqualTo(count > 1 && kind is not (FieldKind.Text or FieldKind.Bytes)));
    }

    [Test]
    public void Read_Members_LieWhereTheCompilerPutThem()
    {
        using var schema = TestObjects.Open("schema");
        var layout = schema.FindStruct("everything_record")!;
        Assert.That(_schema.Size, Is.EqualTo(layout.Size));
        foreach (var field in _schema.Fields.Where(f => !f.Name.Contains('.', StringComparison.Ordinal)))
        {
            Assert.That(field.BitOffset, Is.EqualTo(layout.Fields.Single(f => f.Name == field.Name).BitOffset), field.Name);
        }

        Assert.That(Field("process.pid").BitOffset, Is.EqualTo(64));
        Assert.That(Field("process.cgroup_id").BitOffset, Is.EqualTo(64 + (32 * 8)));
        Assert.That(Field("place.inner.column").BitOffset, Is.EqualTo(Field("place.line").BitOffset + 32));
    }

    [Test]
    public void Read_BitFields_HaveTheirBits()
    {
        var first = Field("three");
        Assert.That((first.BitSize, first.Size, first.Kind), Is.EqualTo((3, 4, FieldKind.Unsigned)));
        Assert.That((Field("one").BitSize, Field("one").Kind), Is.EqualTo((1, FieldKind.Boolean)));
        Assert.That(Field("one").BitOffset, Is.EqualTo(first.BitOffset + 3));
        Assert.That((Field("few").BitSize, Field("few").Kind), Is.EqualTo((4, FieldKind.Enum)));
        Assert.That((Field("rest").BitSize, Field("rest").Kind), Is.EqualTo((24, FieldKind.Signed)));
        Assert.That(Field("rest").BitOffset, Is.EqualTo(first.BitOffset + 8));
    }

    [Test]
    public void Read_Enumerations_HaveNamesByTheirBits()
    {
        Assert.That(Field("fruit").Names, Is.EquivalentTo(new Dictionary<long, string>
        {
            [0] = "APPLE",
            [3] = "PEAR",
            [0xFFFFFFFF] = "QUINCE",
        }));
        Assert.That(Field("few").Names, Does.ContainKey(0xFL).WithValue("QUINCE"));
        Assert.That(Field("u32").Names, Is.Null);
    }

    [Test]
    public void Read_Documentation_IsThatOfTheMember()
    {
        Assert.That(Field("u16").Doc, Is.EqualTo("A number of two bytes."));
        Assert.That(Field("unnamed_member").Doc, Is.EqualTo("In an unnamed structure."));
        Assert.That(Field("s32").Doc, Is.Empty);
    }

    [Test]
    public void Read_FirstProcess_IsTheOneOfTheEvent()
    {
        Assert.That(
            _schema.Fields.Where(f => f.OfProcess).Select(f => f.Name),
            Is.EqualTo(["process.pid", "process.tid", "process.uid", "process.command", "process.cgroup_id"]));
        Assert.That(Field("other.pid").OfProcess, Is.False);
    }

    [Test]
    public void Read_Padding_IsLeftOut() =>
        Assert.That(_schema.Fields.Select(f => f.Name), Has.None.Contains("pad").And.None.Contains("reserved"));

    [TestCase("with_pointer", "'file' is a pointer")]
    [TestCase("with_float", "'mean' is a floating-point number")]
    [TestCase("with_union", "'address' is a union")]
    [TestCase("with_unnamed_union", "the structure has an unnamed union")]
    [TestCase("with_structures", "'elements' is an array of structures")]
    [TestCase("with_matrix", "'matrix'")]
    [TestCase("with_large_number", "'number' is a number of 16 bytes")]
    [TestCase("with_open_array", "'rest' has 0 bits")]
    [TestCase("with_long_list", "'numbers' has 65 elements; at most 64")]
    [TestCase("with_wrong_duration", "'took' is of type nanoseconds_t, which must be a whole number of 8 bytes")]
    [TestCase("with_too_much", "has 4104 bytes; from 8 to 4096")]
    [TestCase("without_timestamp", "the first field of struct without_timestamp must be: __u64 timestamp;")]
    [TestCase("with_late_timestamp", "the first field")]
    [TestCase("declared", "must be a pointer to a structure that is defined")]
    [TestCase("number", "must be a pointer to a structure")]
    [TestCase("no_pointer", "must be a pointer to a structure")]
    public void Read_WhatCannotBeShown_IsRefusedWithTheReason(string name, string reason)
    {
        using var records = TestObjects.Open("refused_records");
        var failure = new SchemaFailure("reading the record of", records.Name);
        var e = Assert.Throws<BpfException>(() => RecordSchema.Read(records.Types!, failure, $"{name}_record"));
        Assert.That(e!.Message, Does.Contain(reason));
    }

    [Test]
    public void Read_ObjectWithoutARecord_SaysWhatToWrite()
    {
        using var hooks = TestObjects.Open("hooks");
        var e = Assert.Throws<BpfException>(() => RecordSchema.Read(hooks));
        Assert.That(e!.Message, Does.Contain("hooks").And.Contain("MONITOR("));
    }

    private RecordField Field(string name) => _schema.Fields.Single(f => f.Name == name);
}
