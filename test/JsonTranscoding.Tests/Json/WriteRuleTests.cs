using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using JsonTranscoding.Tests.Protos;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace JsonTranscoding.Tests.Json;

/// <summary>Each rule of the protobuf JSON mapping, from messages to JSON.</summary>
internal sealed class WriteRuleTests
{
    [Test]
    public void Write_Defaults_AreWrittenInOrderOfNumbersAndAbsentMessagesAreNot()
    {
        Assert.That(Write(new Nested()), Is.EqualTo("""{"name":"","number":0,"tags":[]}"""));
        Assert.That(
            new JsonHarness().Write(new AllTypes()),
            Does.StartWith("""{"int32Field":0,"int64Field":0,""").And.Contain("""bytesField":"","color":"COLOR_UNSPECIFIED","int32List":[]""")
                .And.Contain("""stringMap":{}""").And.Contain("""custom \"name\"":"",""").And.EndWith("""farField":0}""")
                .And.Not.Contain("null").And.Not.Contain("optional").And.Not.Contain("choice").And.Not.Contain("Wrapper"));
    }

    [Test]
    public void Write_DefaultsIgnored_LeavesOnlyWhatIsSet()
    {
        Assert.That(WriteSet(new AllTypes()), Is.EqualTo("{}"));
        Assert.That(
            WriteSet(new AllTypes { OptionalInt32 = 0, OptionalString = "", ChoiceNumber = 0, Nested = new(), BoolWrapper = false, Empty = new() }),
            Is.EqualTo("""{"nested":{},"choiceNumber":0,"optionalInt32":0,"optionalString":"","empty":{},"boolWrapper":false}"""));
    }

    [Test]
    public void Write_Numbers_AreNumbers()
    {
        var message = new AllTypes
        {
            Int32Field = int.MinValue,
            Int64Field = long.MinValue,
            Uint32Field = uint.MaxValue,
            Uint64Field = ulong.MaxValue,
            Sint32Field = int.MinValue,
            Sint64Field = long.MaxValue,
            Fixed32Field = uint.MaxValue,
            Fixed64Field = ulong.MaxValue,
            Sfixed32Field = -1,
            Sfixed64Field = -1,
            FloatField = 0.1f,
            DoubleField = -0.1,
            FarField = 9,
        };
        Assert.That(WriteSet(message), Is.EqualTo("""
            {"int32Field":-2147483648,"int64Field":-9223372036854775808,"uint32Field":4294967295,"uint64Field":18446744073709551615,
            "sint32Field":-2147483648,"sint64Field":9223372036854775807,"fixed32Field":4294967295,"fixed64Field":18446744073709551615,
            "sfixed32Field":-1,"sfixed64Field":-1,"floatField":0.1,"doubleField":-0.1,"farField":9}
            """.ReplaceLineEndings("")));
    }

    [Test]
    public void Write_Int64sAsStrings_QuotesThoseOnly()
    {
        var harness = new JsonHarness(s => (s.WriteInt64sAsStrings, s.IgnoreDefaultValues) = (true, true));
        var message = new AllTypes { Int32Field = 1, Int64Field = -5, Uint64Field = 5, Sint64List = { 1 }, Int64Wrapper = 0, ChoiceNumber = 7 };

        Assert.That(harness.Write(message), Is.EqualTo(
            """{"int32Field":1,"int64Field":"-5","uint64Field":"5","sint64List":["1"],"choiceNumber":"7","int64Wrapper":"0"}"""));
        Assert.That(new JsonHarness(s => s.WriteInt64sAsStrings = true).Write(new AllTypes()), Does.Contain("\"int64Field\":\"0\""));
    }

    [TestCase(double.NaN, "\"NaN\"")]
    [TestCase(double.PositiveInfinity, "\"Infinity\"")]
    [TestCase(double.NegativeInfinity, "\"-Infinity\"")]
    [TestCase(1e300, "1E+300")]
    [TestCase(-0.0, "-0")]
    [TestCase(123456789.125, "123456789.125")]
    public void Write_Double_IsShortestOrNamed(double value, string json) =>
        Assert.That(WriteSet(new AllTypes { DoubleList = { value } }), Is.EqualTo($"{{\"doubleList\":[{json}]}}"));

    [Test]
    public void Write_Strings_AreEscapedAsLittleAsJsonAllows() =>
        Assert.That(
            WriteSet(new AllTypes { StringField = "\"\\\b\f\n\r\t\u0001\u001f\u007f/<é€😀" }),
            Is.EqualTo("""{"stringField":"\"\\\b\f\n\r\t\u0001\u001f\u007f/<é€😀"}"""));

    [Test]
    public void Write_Bytes_AreBase64() =>
        Assert.That(
            WriteSet(new AllTypes { BytesField = ByteString.CopyFrom(0xFF, 0xEF), BytesList = { ByteString.Empty } }),
            Is.EqualTo("""{"bytesField":"/+8=","bytesList":[""]}"""));

    [Test]
    public void Write_Enums_AreNamesAndUnknownOnesNumbers()
    {
        var message = new AllTypes { Color = Color.Infrared, ColorList = { Color.Red, (Color)99 } };
        Assert.That(WriteSet(message), Is.EqualTo("""{"color":"COLOR_INFRARED","colorList":["COLOR_RED",99]}"""));
        Assert.That(
            new JsonHarness(s => (s.WriteEnumsAsIntegers, s.IgnoreDefaultValues) = (true, true)).Write(message),
            Is.EqualTo("""{"color":-1,"colorList":[1,99]}"""));
        Assert.That(
            new JsonHarness(s => (s.RemoveEnumPrefix, s.IgnoreDefaultValues) = (true, true))
                .Write(new AllTypes { Color = Color._3D, ColorList = { Color.Red } }),
            Is.EqualTo("""{"color":"_3D","colorList":["RED"]}"""));
    }

    [Test]
    public void Write_Maps_HaveTextKeys() =>
        Assert.That(
            WriteSet(new AllTypes
            {
                StringMap = { ["a\""] = "b" },
                NestedMap = { [-1] = new() },
                ColorMap = { [true] = Color.Red },
                DoubleMap = { [ulong.MaxValue] = 0.5 },
                BytesMap = { [-7] = ByteString.Empty },
            }),
            Is.EqualTo(
                """{"stringMap":{"a\"":"b"},"nestedMap":{"-1":{}},"colorMap":{"true":"COLOR_RED"},"doubleMap":{"18446744073709551615":0.5},"bytesMap":{"-7":""}}"""));

    [Test]
    public void Write_LargeMap_HasAllEntries()
    {
        var message = new AllTypes();
        for (var i = 0; i < 1000; i++)
        {
            message.StringMap[$"key {i}"] = $"{i}";
        }

        Assert.That(new JsonHarness().Read<AllTypes>(WriteSet(message)), Is.EqualTo(message));
    }

    [TestCase(0, 0, "1970-01-01T00:00:00Z")]
    [TestCase(-62135596800, 0, "0001-01-01T00:00:00Z")]
    [TestCase(253402300799, 999_999_999, "9999-12-31T23:59:59.999999999Z")]
    [TestCase(1_715_938_200, 120_000_000, "2024-05-17T09:30:00.120Z")]
    [TestCase(-1, 120_000, "1969-12-31T23:59:59.000120Z")]
    public void Write_Timestamp_IsRfc3339(long seconds, int nanos, string text) =>
        Assert.That(
            WriteSet(new AllTypes { Timestamp = new() { Seconds = seconds, Nanos = nanos } }),
            Is.EqualTo($"{{\"timestamp\":\"{text}\"}}"));

    [TestCase(0, 0, "0s")]
    [TestCase(-3, -5_000_000, "-3.005s")]
    [TestCase(0, -1, "-0.000000001s")]
    [TestCase(315576000000, 0, "315576000000s")]
    public void Write_Duration_IsSeconds(long seconds, int nanos, string text) =>
        Assert.That(
            WriteSet(new AllTypes { Duration = new() { Seconds = seconds, Nanos = nanos } }),
            Is.EqualTo($"{{\"duration\":\"{text}\"}}"));

    [Test]
    public void Write_OutOfRange_IsMalformed()
    {
        Assert.That(() => Write(new Timestamp { Seconds = 253402300800 }), Throws.TypeOf<MalformedWireException>());
        Assert.That(() => Write(new Timestamp { Nanos = -1 }), Throws.TypeOf<MalformedWireException>());
        Assert.That(() => Write(new Duration { Seconds = 1, Nanos = -1 }), Throws.TypeOf<MalformedWireException>());
        Assert.That(() => Write(new Duration { Seconds = 315576000001 }), Throws.TypeOf<MalformedWireException>());
        Assert.That(() => Write(new Value()), Throws.TypeOf<MalformedWireException>());
        Assert.That(() => Write(new FieldMask { Paths = { "camelCase" } }), Throws.TypeOf<MalformedWireException>());
    }

    [Test]
    public void Write_WellKnownTypes_HaveTheirOwnForms() =>
        Assert.That(
            WriteSet(new AllTypes
            {
                FieldMask = new() { Paths = { "a_b", "c.d_e" } },
                Struct = new() { Fields = { ["n"] = Value.ForNull(), ["l"] = Value.ForList(Value.ForNumber(1.5), Value.ForBool(true)) } },
                Value = Value.ForString("x"),
                ListValue = new(),
                Empty = new(),
                ChoiceNull = NullValue.NullValue,
                StringWrapper = "w",
                BytesWrapper = ByteString.CopyFrom(1),
                WrapperList = { 1, 0 },
            }),
            Is.EqualTo(
                """{"choiceNull":null,"fieldMask":"aB,c.dE","struct":{"n":null,"l":[1.5,true]},"value":"x","listValue":[],"empty":{},"stringWrapper":"w","bytesWrapper":"AQ==","wrapperList":[1,0]}"""));

    [Test]
    public void Write_Any_HasTypeAndFieldsOrValue()
    {
        Assert.That(WriteSet(new AllTypes { Any = Any.Pack(new Nested { Name = "x" }) }), Is.EqualTo(
            """{"any":{"@type":"type.googleapis.com/transcoding.tests.Nested","name":"x"}}"""));
        Assert.That(WriteSet(new AllTypes { Any = Any.Pack(new Duration { Seconds = 1 }) }), Is.EqualTo(
            """{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}"""));
        Assert.That(WriteSet(new AllTypes { Any = Any.Pack(new Empty()) }), Is.EqualTo(
            """{"any":{"@type":"type.googleapis.com/google.protobuf.Empty","value":{}}}"""));
        Assert.That(WriteSet(new AllTypes { Any = new() }), Is.EqualTo("""{"any":{}}"""));
        Assert.That(
            () => WriteSet(new AllTypes { Any = new() { TypeUrl = "type.googleapis.com/no.Such" } }),
            Throws.TypeOf<MalformedWireException>().With.Message.Contains("no.Such").And.Message.Contains("TypeRegistry"));
    }

    [Test]
    public void Write_Proto2Message_WritesWhatIsSet() =>
        Assert.That(Write(new Legacy { Must = "", Numbers = { 1 } }), Is.EqualTo("""{"must":"","numbers":[1]}"""));

    [Test]
    public void Schema_Group_IsRefused() =>
        Assert.That(
            () => new JsonHarness().Schemas.Get(WithGroup.Descriptor),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("group"));

    private static string Write(IMessage message) => new JsonHarness().Write(message);

    private static string WriteSet(IMessage message) => new JsonHarness(s => s.IgnoreDefaultValues = true).Write(message);
}
