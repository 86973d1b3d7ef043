using Google.Protobuf;
using JsonTranscoding.Tests.Protos;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace JsonTranscoding.Tests.Json;

/// <summary>What the encoding allows, though no serializer of ours writes it; and what it does not allow.</summary>
internal sealed class WireTests
{
    private readonly JsonHarness _harness = new(s => s.IgnoreDefaultValues = true);

    [Test]
    public void Write_FieldsInAnyOrder_AreInOrderOfNumbers() =>
        Assert.That(Write(Text(14, "b"), Varint(1, 5)), Is.EqualTo("""{"int32Field":5,"stringField":"b"}"""));

    [Test]
    public void Write_ScalarTwice_LastWins() =>
        Assert.That(Write(Varint(1, 5), Text(14, "x"), Varint(1, 7), Text(14, "y")), Is.EqualTo("""{"int32Field":7,"stringField":"y"}"""));

    [Test]
    public void Write_MessageTwice_IsMerged() =>
        Assert.That(
            Write(Bytes(17, [.. Text(1, "a"), .. Text(4, "x")]), Varint(1, 1), Bytes(17, [.. Varint(2, 3), .. Text(4, "y")])),
            Is.EqualTo("""{"int32Field":1,"nested":{"name":"a","number":3,"tags":["x","y"]}}"""));

    [Test]
    public void Write_ListInPieces_IsJoined() =>
        Assert.That(
            Write(Varint(20, 1), Varint(1, 9), Bytes(20, [2, 3]), Bytes(20, []), Varint(20, 4)),
            Is.EqualTo("""{"int32Field":9,"int32List":[1,2,3,4]}"""));

    [Test]
    public void Write_PackedOfAnUnpackedField_IsRead() =>
        Assert.That(Write(Bytes(22, [1, 0, 0, 0, 2, 0, 0, 0])), Is.EqualTo("""{"unpackedList":[1,2]}"""));

    [Test]
    public void Write_EmptyPackedRecord_IsDefault() => Assert.That(Write(Bytes(20, [])), Is.EqualTo("{}"));

    [Test]
    public void Write_OneofMembers_LastWinsAndStartsAnew()
    {
        var nested = Bytes(42, Text(1, "a"));
        Assert.That(Write(nested, Varint(41, 1)), Is.EqualTo("""{"choiceNumber":1}"""));
        Assert.That(Write(nested, Varint(41, 1), Bytes(42, Varint(2, 2))), Is.EqualTo("""{"choiceNested":{"number":2}}"""));
        Assert.That(Write(nested, Bytes(42, Varint(2, 2))), Is.EqualTo("""{"choiceNested":{"name":"a","number":2}}"""));
    }

    [Test]
    public void Write_MapKeyTwice_LastWins() =>
        Assert.That(
            Write(Bytes(30, [.. Text(1, "k"), .. Text(2, "1")]), Bytes(30, Text(1, "l")), Bytes(30, [.. Text(2, "2"), .. Text(1, "k")])),
            Is.EqualTo("""{"stringMap":{"k":"2","l":""}}"""));

    [Test]
    public void Write_MapEntryWithoutKeyOrValue_HasDefaults()
    {
        Assert.That(Write(Bytes(30, [])), Is.EqualTo("""{"stringMap":{"":""}}"""));
        Assert.That(Write(Bytes(31, [])), Is.EqualTo("""{"nestedMap":{"0":{}}}"""));
        Assert.That(Write(Bytes(32, [])), Is.EqualTo("""{"colorMap":{"false":"COLOR_UNSPECIFIED"}}"""));
    }

    [Test]
    public void Write_UnknownFields_AreSkipped() =>
        Assert.That(
            Write(Varint(1000, 1), Bytes(1001, [1, 2]), [0xFD, 0x3E, 1, 2, 3, 4], [0xFB, 0x3E, 0x08, 0x01, 0xFC, 0x3E], Varint(1, 1)),
            Is.EqualTo("""{"int32Field":1}"""));

    [Test]
    public void Write_KnownNumberOfAnotherWireType_IsUnknown() =>
        Assert.That(Write(Bytes(1, [1]), Varint(14, 1), Varint(17, 1)), Is.EqualTo("{}"));

    [Test]
    public void Write_InvalidUtf8_BecomesReplacementCharacters() =>
        Assert.That(Write(Bytes(14, [(byte)'a', 0xFF, 0xC3, (byte)'b', 0xE2, 0x82])), Is.EqualTo("{\"stringField\":\"a\uFFFD\uFFFDb\uFFFD\"}"));

    [Test]
    public void Write_BoolOfManyBits_IsTrue() => Assert.That(Write(Varint(13, 256)), Is.EqualTo("""{"boolField":true}"""));

    [Test]
    public void Write_Int32OfTenBytes_IsTruncated() =>
        Assert.That(Write(Varint(1, 0xFFFF_FFFF_FFFF_FFFB)), Is.EqualTo("""{"int32Field":-5}"""));

    [TestCase(new byte[] { 0x08 }, TestName = "Write_Malformed(truncated varint)")]
    [TestCase(new byte[] { 0x72, 5, 1 }, TestName = "Write_Malformed(truncated string)")]
    [TestCase(new byte[] { 0x72, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F }, TestName = "Write_Malformed(length of 4 GiB)")]
    [TestCase(new byte[] { 0x00 }, TestName = "Write_Malformed(field number 0)")]
    [TestCase(new byte[] { 0x0F }, TestName = "Write_Malformed(wire type 7)")]
    [TestCase(new byte[] { 0x0C }, TestName = "Write_Malformed(end of no group)")]
    [TestCase(new byte[] { 0x0B, 0x14 }, TestName = "Write_Malformed(end of another group)")]
    [TestCase(new byte[] { 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, TestName = "Write_Malformed(varint of 11 bytes)")]
    [TestCase(new byte[] { 0x3D, 1, 2 }, TestName = "Write_Malformed(truncated fixed32)")]
    [TestCase(new byte[] { 0xA2, 0x01, 1, 0x80 }, TestName = "Write_Malformed(truncated packed value)")]
    public void Write_Malformed(byte[] wire) => Assert.That(() => Write(wire), Throws.TypeOf<MalformedWireException>());

    [Test]
    public void Write_DeepNesting_IsRefused()
    {
        byte[] wire = [];
        for (var i = 0; i < 200; i++)
        {
            wire = Bytes(90, wire);
        }

        using var json = new ByteBuffer();
        var writer = new JsonWriter(_harness.Schemas, json);
        var schema = _harness.Schemas.Get(AllTypes.Descriptor);
        Assert.That(() => writer.Write(schema, wire), Throws.TypeOf<MalformedWireException>().With.Message.Contains("100"));
        json.Clear();
        writer.Write(schema, Varint(1, 1));
        Assert.That(json.Written.ToArray(), Is.EqualTo("""{"int32Field":1}"""u8.ToArray()), "the writer works on");
    }

    [Test]
    public void Write_RewrittenEncodings_MeanTheSame()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var wire = Rewrite(new RandomMessage(seed).Create<AllTypes>().ToByteArray(), random);
            var canonical = AllTypes.Parser.WithDiscardUnknownFields(true).ParseFrom(wire).ToByteArray();
            Assert.That(Write(wire), Is.EqualTo(Write(canonical)), $"seed {seed}");
        }
    }

    [Test]
    public void Write_DamagedBytes_EitherWorkOrAreMalformed()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var wire = new RandomMessage(seed % 500).Create<AllTypes>().ToByteArray();
            for (var i = random.Next(5); i >= 0 && wire.Length > 0; i--)
            {
                wire[random.Next(wire.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var json = System.Text.Json.JsonDocument.Parse(
                    Write(wire[..random.Next(wire.Length / 2, wire.Length + 1)]), new() { MaxDepth = 1000 });
            }
            catch (MalformedWireException)
            {
            }
        }
    }

    // The same message, encoded in another way: records in another order where that does not matter, values that are
    // overwritten later, messages in two pieces, unknown fields.
    private static byte[] Rewrite(byte[] wire, Random random)
    {
        var records = new List<(uint Tag, byte[] Bytes)>();
        for (var position = 0; position < wire.Length;)
        {
            var start = position;
            var tag = WireReader.ReadTag(wire, ref position);
            WireReader.Skip(wire, ref position, tag);
            records.Add((tag, wire[start..position]));
            if (random.Next(4) == 0)
            {
                records.Add((0, Varint(2000 + random.Next(5), (ulong)random.NextInt64())));
            }

            if (random.Next(4) == 0)
            {
                records.Add((tag, wire[start..position]));
            }
        }

        var order = records.Select(r => r.Tag).Distinct().ToDictionary(t => t, _ => random.Next(10));
        return [.. records.OrderBy(r => order[r.Tag]).SelectMany(r => r.Bytes)];
    }

    private string Write(params byte[][] records) => _harness.Write(AllTypes.Descriptor, [.. records.SelectMany(r => r)]);

    private static byte[] Varint(int number, ulong value)
    {
        using var buffer = new ByteBuffer();
        buffer.WriteTag(number, WireType.Varint);
        buffer.WriteVarint(value);
        return buffer.Written.ToArray();
    }

    private static byte[] Text(int number, string value) => Bytes(number, System.Text.Encoding.UTF8.GetBytes(value));

    private static byte[] Bytes(int number, byte[] value)
    {
        using var buffer = new ByteBuffer();
        buffer.WriteTag(number, WireType.Delimited);
        buffer.WriteDelimited(value);
        return buffer.Written.ToArray();
    }
}
