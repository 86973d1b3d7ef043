using Google.Protobuf;
using JsonTranscoding.Tests.Protos;

namespace JsonTranscoding.Tests.Json;

/// <summary>Random messages there and back, with Google.Protobuf's formatter and parser as the other side.</summary>
internal sealed class OracleTests
{
    private const int Count = 1000;

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(JsonHarness.Types));

    private static readonly JsonFormatter Formatter = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(JsonHarness.Types).WithFormatDefaultValues(true));

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public void Write_RandomMessages_AreReadByGoogleProtobuf(bool ignoreDefaults, bool enumsAsIntegers)
    {
        // As strings, because the parser takes numbers for doubles.
        var harness = new JsonHarness(s =>
        {
            s.WriteInt64sAsStrings = true;
            s.IgnoreDefaultValues = ignoreDefaults;
            s.WriteEnumsAsIntegers = enumsAsIntegers;
        });
        for (var seed = 0; seed < Count; seed++)
        {
            var message = new RandomMessage(seed).Create<AllTypes>();
            var json = harness.Write(message);
            Assert.That(Parser.Parse<AllTypes>(json), Is.EqualTo(message), $"seed {seed}: {json}");
        }
    }

    [Test]
    public void Read_MessagesOfGoogleProtobuf_AreTheSame()
    {
        var harness = new JsonHarness();
        for (var seed = 0; seed < Count; seed++)
        {
            var message = new RandomMessage(seed).Create<AllTypes>();
            var json = Formatter.Format(message);
            Assert.That(harness.Read<AllTypes>(json), Is.EqualTo(message), $"seed {seed}: {json}");
        }
    }

    [Test]
    public void WriteAndRead_RandomMessages_AreTheSame([Values] bool ignoreDefaults, [Values] bool strings, [Values] bool removePrefix)
    {
        var harness = new JsonHarness(s =>
        {
            s.WriteInt64sAsStrings = strings;
            s.IgnoreDefaultValues = ignoreDefaults;
            s.RemoveEnumPrefix = removePrefix;
        });
        for (var seed = 0; seed < Count / 3; seed++)
        {
            var message = new RandomMessage(seed).Create<AllTypes>();
            var json = harness.Write(message);
            Assert.That(harness.Read<AllTypes>(json), Is.EqualTo(message), $"seed {seed}: {json}");
        }
    }
}
