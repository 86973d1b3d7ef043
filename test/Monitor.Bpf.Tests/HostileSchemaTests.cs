using Monitor.Bpf.Btf;
using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>Records as no compiler describes them: refused with a reason, in bounded time.</summary>
internal sealed class HostileSchemaTests
{
    private BtfBuilder _btf = null!;
    private uint _u64;

    [SetUp]
    public void Begin()
    {
        _btf = new BtfBuilder();
        _u64 = _btf.Unsigned("__u64", 8);
    }

    [Test]
    public void Read_SoundRecord_IsRead()
    {
        _btf.Record(_btf.Struct("sound", 16, Timestamp([_btf.Name("other"), _u64, 64])));
        Assert.That(Read().Fields.Select(f => f.Name), Is.EqualTo(["timestamp", "other"]));
    }

    [Test]
    public void Read_FieldBeyondTheRecord_IsRefused()
    {
        _btf.Record(_btf.Struct("beyond", 16, Timestamp([_btf.Name("other"), _u64, 72])));
        Refused("'other' has 64 bits at bit 72; the record has 128");
    }

    [Test]
    public void Read_FieldInTheMiddleOfAByte_IsRefused()
    {
        _btf.Record(_btf.Struct("crooked", 32, Timestamp([_btf.Name("other"), _u64, 68])));
        Refused("'other' begins at bit 68");
    }

    [Test]
    public void Read_FarAway_IsRefused()
    {
        _btf.Record(_btf.Struct("far", 32, Timestamp([_btf.Name("other"), _u64, 0xFFFFFFF8])));
        Refused("'other' begins at bit 4294967288");
    }

    [Test]
    public void Read_BitFieldLargerThanItsType_IsRefused()
    {
        uint[] members = Timestamp([_btf.Name("other"), _u64, 65u << 24 | 64]);
        _btf.Record(_btf.Add(BtfKind.Struct, _btf.Name("wide"), 2, true, 32, members));
        Refused("'other' has 65 bits");
    }

    [Test]
    public void Read_NumberOfOddBits_IsRefused()
    {
        var odd = _btf.Add(BtfKind.Int, _btf.Name("odd"), 0, 8, 61);
        _btf.Record(_btf.Struct("odds", 16, Timestamp([_btf.Name("other"), odd, 64])));
        Refused("'other' is a number of 8 bytes; 1, 2, 4 and 8 are shown");
    }

    [Test]
    public void Read_StructureThatContainsItself_IsRefused()
    {
        var itself = _btf.Next;
        _btf.Struct("loop", 8, _btf.Name("again"), itself, 0);
        _btf.Record(_btf.Struct("looping", 16, Timestamp([_btf.Name("other"), itself, 64])));
        Refused("nested deeper than 16 structures");
    }

    [Test]
    [CancelAfter(5000)]
    public void Read_StructuresThatMultiply_AreRefusedSoon()
    {
        var inner = _btf.Struct("empty", 0);
        for (var level = 0; level < 14; level++)
        {
            var members = new List<uint>();
            for (var i = 0; i < 1000; i++)
            {
                members.AddRange([_btf.Name("m"), inner, 0]);
            }

            inner = _btf.Struct("level", 0, [.. members]);
        }

        _btf.Record(_btf.Struct("many", 16, Timestamp([_btf.Name("other"), inner, 64])));
        Refused("more than 1024 members");
    }

    [Test]
    public void Read_TenThousandFields_AreRefused()
    {
        var members = new List<uint>();
        for (var i = 0; i < 10_000; i++)
        {
            members.AddRange([_btf.Name($"f{i}"), _u64, 64]);
        }

        _btf.Record(_btf.Struct("crowd", 16, Timestamp([.. members])));
        Refused("more than 128 fields");
    }

    [Test]
    public void Read_TwoFieldsOfOneName_AreRefused()
    {
        _btf.Record(_btf.Struct("twice", 24, Timestamp([_btf.Name("other"), _u64, 64, _btf.Name("other"), _u64, 128])));
        Refused("two fields 'other'");
    }

    [TestCase(new byte[] { 0xFF, 0xFE })]
    [TestCase(new byte[] { (byte)'a', 27, (byte)'[' })]
    [TestCase(new byte[] { (byte)'a', (byte)'"', (byte)'b' })]
    [TestCase(new byte[] { (byte)'9', (byte)'a' })]
    public void Read_NameThatIsNone_IsRefused(byte[] name)
    {
        _btf.Record(_btf.Struct("named", 16, Timestamp([_btf.Name(name), _u64, 64])));
        Refused("member 2 of the structure has a name that is none in C");
    }

    [Test]
    public void Read_LongOrMissingNames_AreRefused()
    {
        _btf.Record(_btf.Struct("named", 16, Timestamp([_btf.Name(new string('a', 65)), _u64, 64])));
        Refused("longer than 64 bytes");
        Begin();
        _btf.Record(_btf.Struct("unnamed", 16, Timestamp([0, _u64, 64])));
        Refused("member 2 of the structure has a name");
        Begin();
        _btf.Record(_btf.Struct("", 16, Timestamp([])));
        Refused("the record's structure has a name");
    }

    [Test]
    public void Read_TypeNameThatIsNone_IsRefused()
    {
        var type = _btf.Add(BtfKind.Int, _btf.Name("<script>"), 0, 8, 64);
        _btf.Record(_btf.Struct("typed", 16, Timestamp([_btf.Name("other"), type, 64])));
        Refused("the type of 'other' has a name that is none in C");
    }

    [Test]
    public void Read_DescriptionThatIsNoLine_IsRefused()
    {
        var structure = _btf.Struct("described", 16, Timestamp([_btf.Name("other"), _u64, 64]));
        _btf.Add(BtfKind.DeclarationTag, _btf.Name("two\nlines"), 0, structure, 1);
        _btf.Record(structure);
        Refused("the description of 'other'");
        Begin();
        var variable = _btf.Record(_btf.Struct("described", 8, Timestamp([])));
        _btf.Add(BtfKind.DeclarationTag, _btf.Name(new string('x', 257)), 0, variable, uint.MaxValue);
        Refused("the description of the monitor has more than 256 bytes");
    }

    [Test]
    public void Read_ArrayLargerThanTheRecord_IsRefused()
    {
        var bytes = _btf.Unsigned("__u8", 1);
        var array = _btf.Add(BtfKind.Array, 0, 0, 0, bytes, _u64, 0x7FFFFFFF);
        _btf.Record(_btf.Struct("arrays", 16, Timestamp([_btf.Name("other"), array, 64])));
        Refused("'other' has 17179869176 bits");
    }

    [Test]
    public void Read_MeaningOfAnotherForm_IsRefused()
    {
        var pointer = _btf.Add(BtfKind.Pointer, 0, 0, 0);
        var ip = _btf.Add(BtfKind.Typedef, _btf.Name("ip_address_t"), 0, pointer);
        _btf.Record(_btf.Struct("meanings", 16, Timestamp([_btf.Name("other"), ip, 64])));
        Refused("'other' is of type ip_address_t, which must be a structure of 16 bytes");
    }

    [Test]
    public void Read_VoidAndFunctions_AreRefused()
    {
        var prototype = _btf.Add(BtfKind.FunctionPrototype, 0, 0, 0);
        var function = _btf.Add(BtfKind.Function, _btf.Name("f"), 0, prototype);
        foreach (var type in new[] { 0u, prototype, function })
        {
            var builder = _btf;
            builder.Record(builder.Struct("values", 16, Timestamp([builder.Name("other"), type, 64])));
        }

        Refused("'other' is of a type that has no value");
    }

    private uint[] Timestamp(uint[] others) => [_btf.Name("timestamp"), _u64, 0, .. others];

    private RecordSchema Read() => RecordSchema.Read(_btf.Build(), new SchemaFailure("reading the record of", "built"));

    private void Refused(string reason) => Assert.That(Assert.Throws<BpfException>(() => Read())!.Message, Does.Contain(reason));
}
