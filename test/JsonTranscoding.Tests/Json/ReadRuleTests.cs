using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using JsonTranscoding.Tests.Protos;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

namespace JsonTranscoding.Tests.Json;

/// <summary>Each rule of the protobuf JSON mapping, from JSON to messages.</summary>
internal sealed class ReadRuleTests
{
    private readonly JsonHarness _harness = new();

    private static IEnumerable<TestCaseData> Accepted()
    {
        yield return Case("""{"int32Field":1,"int64_field":"-2"}""", new() { Int32Field = 1, Int64Field = -2 });
        yield return Case("""{"int32Field":"1e3","uint32Field":5.0,"int64Field":1E2}""", new() { Int32Field = 1000, Uint32Field = 5, Int64Field = 100 });
        yield return Case("""{"int64Field":9007199254740993,"uint64Field":18446744073709551615}""", new() { Int64Field = 9007199254740993, Uint64Field = ulong.MaxValue });
        yield return Case("""{"sint32Field":-1,"sfixed64Field":"-9223372036854775808"}""", new() { Sint32Field = -1, Sfixed64Field = long.MinValue });
        yield return Case("""{"floatField":"NaN","doubleField":"-Infinity"}""", new() { FloatField = float.NaN, DoubleField = double.NegativeInfinity });
        yield return Case("""{"doubleField":"1.5","floatField":-1e-3}""", new() { DoubleField = 1.5, FloatField = -0.001f });
        yield return Case("""{"boolField":true,"stringField":"\u20ac\ud83d\ude00"}""", new() { BoolField = true, StringField = "€😀" });
        yield return Case("""{"bytesField":"/+8="}""", new() { BytesField = ByteString.CopyFrom(0xFF, 0xEF) });
        yield return Case("""{"bytesField":"_-8"}""", new() { BytesField = ByteString.CopyFrom(0xFF, 0xEF) });
        yield return Case("""{"color":"COLOR_RED","colorList":[2,"COLOR_3D",77]}""", new() { Color = Color.Red, ColorList = { Color.Green, Color._3D, (Color)77 } });
        yield return Case("""{"nested":null,"int32List":null,"stringMap":null,"stringField":null,"choiceText":null,"choiceNumber":1}""", new() { ChoiceNumber = 1 });
        yield return Case("""{"choiceNull":null}""", new() { ChoiceNull = NullValue.NullValue });
        yield return Case("""{"value":null,"valueList":[null,1]}""", new() { Value = Value.ForNull(), ValueList = { Value.ForNull(), Value.ForNumber(1) } });
        yield return Case("""{"nestedMap":{"-1":{"name":"x"}},"colorMap":{"true":"COLOR_RED"}}""", new() { NestedMap = { [-1] = new() { Name = "x" } }, ColorMap = { [true] = Color.Red } });
        yield return Case("""{"optionalInt32":0}""", new() { OptionalInt32 = 0 });
        yield return Case("""{"timestamp":"2024-05-17T11:30:00.000000001+02:00"}""", new() { Timestamp = new() { Seconds = 1_715_938_200, Nanos = 1 } });
        yield return Case("""{"duration":"-1.5s"}""", new() { Duration = new() { Seconds = -1, Nanos = -500_000_000 } });
        yield return Case("""{"fieldMask":"aB,c.dE"}""", new() { FieldMask = new() { Paths = { "a_b", "c.d_e" } } });
        yield return Case("""{"fieldMask":""}""", new() { FieldMask = new() });
        yield return Case("""{"struct":{"a":[1,{"b":false}]}}""", new() { Struct = Struct.Parser.ParseJson("""{"a":[1,{"b":false}]}""") });
        yield return Case("""{"any":{"name":"x","@type":"type.googleapis.com/transcoding.tests.Nested"}}""", new() { Any = Any.Pack(new Nested { Name = "x" }) });
        yield return Case("""{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}""", new() { Any = Any.Pack(new Duration { Seconds = 1 }) });
        yield return Case("""{"any":{}}""", new() { Any = new() });
        yield return Case("""{"int32Wrapper":0,"stringWrapper":"","int64Wrapper":"5","boolWrapper":null}""", new() { Int32Wrapper = 0, StringWrapper = "", Int64Wrapper = 5 });
        yield return Case("""{"custom \"name\"":"a"}""", new() { Renamed = "a" });
        yield return Case("""{"renamed":"a","farField":3}""", new() { Renamed = "a", FarField = 3 });
        yield return Case(" { } ", new());

        static TestCaseData Case(string json, AllTypes message) => new TestCaseData(json, message).SetArgDisplayNames(json);
    }

    [TestCaseSource(nameof(Accepted))]
    public void Read_Json_IsMessage(string json, AllTypes message) => Assert.That(_harness.Read<AllTypes>(json), Is.EqualTo(message));

    [TestCase("""{"int32Field":2147483648}""", "int32Field: '2147483648' is not a whole number from -2147483648")]
    [TestCase("""{"int32Field":1.5}""", "int32Field: '1.5' is not a whole number")]
    [TestCase("""{"int32Field":"x"}""", "int32Field: 'x' is not")]
    [TestCase("""{"int32Field":true}""", "int32Field: 'true' is not")]
    [TestCase("""{"int32Field":[1]}""", "int32Field: '[…]' is not")]
    [TestCase("""{"uint32Field":-1}""", "uint32Field: '-1' is not a whole number from 0")]
    [TestCase("""{"uint64Field":18446744073709551616}""", "uint64Field: ")]
    [TestCase("""{"doubleField":1e999}""", "doubleField: ")]
    [TestCase("""{"floatField":1e39}""", "floatField: ")]
    [TestCase("""{"floatField":"nan"}""", "floatField: 'nan'")]
    [TestCase("""{"boolField":"true"}""", "boolField: 'true' is not true or false")]
    [TestCase("""{"stringField":1}""", "stringField: '1' is not a string")]
    [TestCase("""{"stringField":"\ud800"}""", "stringField: a \\u escape is half")]
    [TestCase("""{"bytesField":"A B="}""", "bytesField: 'A B=' is not base64")]
    [TestCase("""{"color":"PINK"}""", "color: 'PINK' is not one of COLOR_UNSPECIFIED")]
    [TestCase("""{"color":"1"}""", "color: '1' is not one of")]
    [TestCase("""{"nested":{"child":{"number":"x"}}}""", "nested.child.number: 'x' is not")]
    [TestCase("""{"nested":1}""", "nested: '1' is not an object with the fields of transcoding.tests.Nested")]
    [TestCase("""{"nestedList":[{},{"tags":[""," ",3]}]}""", "nestedList[1].tags[2]: '3' is not a string")]
    [TestCase("""{"nestedList":{}}""", "nestedList: '{…}' is not a list")]
    [TestCase("""{"nestedList":[null]}""", "nestedList[0]: null is not a value")]
    [TestCase("""{"stringMap":{"a":null}}""", "stringMap.a: null is not a value")]
    [TestCase("""{"stringMap":[]}""", "stringMap: '[…]' is not an object")]
    [TestCase("""{"nestedMap":{"x":{}}}""", "nestedMap.x: 'x' is not a whole number")]
    [TestCase("""{"stringMap":{"a":"","a":""}}""", "stringMap.a is given more than once")]
    [TestCase("""{"nothing":1}""", "body: 'nothing' is not a field of transcoding.tests.AllTypes")]
    [TestCase("""{"nested":{"x":1}}""", "nested: 'x' is not a field of transcoding.tests.Nested")]
    [TestCase("""{"int32Field":1,"int32_field":2}""", "int32_field is given more than once")]
    [TestCase("""{"choiceText":"","choiceNumber":1}""", "choiceNumber excludes choiceText")]
    [TestCase("""{"timestamp":"2024-05-17"}""", "timestamp: '2024-05-17' is not an RFC 3339 time")]
    [TestCase("""{"timestamp":"10000-01-01T00:00:00Z"}""", "timestamp: ")]
    [TestCase("""{"timestamp":"0001-01-01T00:00:00+01:00"}""", "timestamp: ")]
    [TestCase("""{"duration":"1"}""", "duration: '1' is not a number of seconds")]
    [TestCase("""{"duration":"1.0000000001s"}""", "duration: ")]
    [TestCase("""{"duration":"315576000000.1s"}""", "duration: ")]
    [TestCase("""{"fieldMask":"snake_case"}""", "fieldMask: ")]
    [TestCase("""{"any":{"name":"x"}}""", "any: a google.protobuf.Any needs the property @type")]
    [TestCase("""{"any":{"@type":"no.Such"}}""", "any.@type: 'no.Such' is not a type that the server knows")]
    [TestCase("""{"any":{"@type":"a/google.protobuf.Duration"}}""", "any: a google.protobuf.Duration is the property value")]
    [TestCase("""{"wrapperList":[null]}""", "wrapperList[0]: null")]
    [TestCase("null", "body: 'null' is not an object")]
    [TestCase("[]", "body: '[…]' is not an object")]
    [TestCase("", "The request body is not valid JSON")]
    [TestCase("{", "The request body is not valid JSON")]
    [TestCase("{} {}", "The request body is not valid JSON")]
    [TestCase("{'a':1}", "The request body is not valid JSON")]
    [TestCase("""{"int32Field":01}""", "The request body is not valid JSON")]
    [TestCase("""{"int32Field":1,}""", "The request body is not valid JSON")]
    [TestCase("{}//", "The request body is not valid JSON")]
    public void Read_WrongJson_IsRefusedWithItsPlace(string json, string message) =>
        Assert.That(() => _harness.Read<AllTypes>(json), Throws.TypeOf<BadRequestException>().With.Message.StartsWith(message));

    [Test]
    public void Read_DeepNesting_IsRefused()
    {
        var json = string.Concat(Enumerable.Repeat("{\"recursive\":", 200)) + "{}" + new string('}', 200);
        Assert.That(() => _harness.Read<AllTypes>(json), Throws.TypeOf<BadRequestException>().With.Message.Contains("depth of 100"));
    }

    [Test]
    public void Read_CaseInsensitive_FindsFields() =>
        Assert.That(
            new JsonHarness(s => s.PropertyNameCaseInsensitive = true).Read<Nested>("""{"NAME":"x"}""").Name, Is.EqualTo("x"));

    [Test]
    public void Read_RemoveEnumPrefix_TakesBothNames() =>
        Assert.That(
            new JsonHarness(s => s.RemoveEnumPrefix = true).Read<AllTypes>("""{"colorList":["RED","COLOR_RED","_3D"]}""").ColorList,
            Is.EqualTo(new[] { Color.Red, Color.Red, Color._3D }));

    [Test]
    public void Read_DamagedJson_EitherWorksOrIsRefused()
    {
        const string pieces = "{}[]\",:0129.-+eEtfn\\u ";
        for (var seed = 0; seed < 5000; seed++)
        {
            var random = new Random(seed);
            var json = _harness.Write(new RandomMessage(seed % 300).Create<AllTypes>()).ToCharArray();
            for (var i = random.Next(4); i >= 0; i--)
            {
                json[random.Next(json.Length)] = pieces[random.Next(pieces.Length)];
            }

            try
            {
                _harness.Read<AllTypes>(new string(json));
            }
            catch (BadRequestException)
            {
            }
        }
    }
}
