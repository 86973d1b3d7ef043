using Monitor.Agent.Monitors;
using Monitor.Agent.Tests.Decoding;

namespace Monitor.Agent.Tests.Dns;

/// <summary>Messages of any content: each becomes a well-formed event, and quickly. The seeds are fixed.</summary>
internal sealed class DnsRandomTests
{
    private readonly DnsMonitor _monitor = new();

    [Test]
    public void Decode_BytesAtRandom_AreWellFormedEvents([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 5_000; i++)
        {
            var question = new byte[12 + random.Next(260)];
            var answer = new byte[random.Next(1500)];
            random.NextBytes(question);
            random.NextBytes(answer);
            AssertDecodes(question, answer);
        }
    }

    [Test]
    public void Decode_SoundMessagesWithChanges_AreWellFormedEvents([Values(4, 5, 6)] int seed)
    {
        var random = new Random(seed);
        var whole = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var asked = DnsMessages.Asked(DnsMessages.Name("a.very.long.name.of.some.host.example.com"), (ushort)random.Next(1, 70));
            var records = Enumerable.Range(0, random.Next(20)).Select(_ => RandomRecord(random)).ToArray();
            var question = DnsMessages.Message(0x0100, 1, 0, 0, asked);
            var answer = DnsMessages.Message(0x8180, 1, records.Length, 0, [asked, .. records]);
            for (var n = random.Next(4); n > 0; n--)
            {
                // Lengths and pointers above all.
                answer[random.Next(answer.Length)] = random.Next(3) switch { 0 => 0xc0, 1 => (byte)random.Next(64), _ => (byte)random.Next(256) };
                question[random.Next(question.Length)] ^= (byte)(random.Next(8) == 0 ? 255 : 0);
            }

            whole += AssertDecodes(question, answer, random.Next(4) == 0 ? random.Next(answer.Length) : answer.Length) ? 1 : 0;
        }

        Assert.That(whole, Is.GreaterThan(1_000), "sound ones among them");
    }

    [Test]
    public void Decode_LongestMessageOfPointers_TakesLinearTime()
    {
        // Names that all end in one of 126 labels: as much work as 64 KiB can make.
        byte[] longest = [.. Enumerable.Range(0, 126).SelectMany(_ => (byte[])[1, (byte)'a']), 0];
        var records = Enumerable.Repeat(DnsMessages.Record(2, [0xc0, 12]), 4_500).ToArray();
        var answer = DnsMessages.Message(0x8180, 1, 4_500, 0, [DnsMessages.Asked(longest), .. records]);
        var record = DnsMessages.Answered(DnsMessages.Message(0x0100, 1, 0, 0, DnsMessages.Asked(longest)), answer);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var detail = Records.Decode(_monitor, record)!.Dns;

        Assert.That((detail.AnswerCount, detail.Answers.Count), Is.EqualTo((4_500, 3)));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    // Whether nothing of it was missing.
    private bool AssertDecodes(byte[] question, byte[] answer, int copied = int.MaxValue)
    {
        var detail = Records.Decode(_monitor, DnsMessages.Answered(question, answer, copied))?.Dns;
        Assert.That(detail, Is.Not.Null);
        Assert.That(detail!.Answers, Has.Count.LessThanOrEqualTo(16));
        return !detail.Incomplete;
    }

    private static byte[] RandomRecord(Random random)
    {
        var types = new ushort[] { 1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 65 };
        var type = types[random.Next(types.Length)];
        var data = type switch
        {
            1 => new byte[4],
            28 => new byte[16],
            2 or 5 or 12 => [3, 119, 119, 119, 0xc0, 12],
            15 or 65 => [0, 1, 0xc0, 12],
            33 => [0, 1, 0, 2, 0, 3, 0xc0, 12],
            16 => [5, 1, 2, 3, 4, 5],
            _ => new byte[random.Next(30)],
        };
        return DnsMessages.Record(type, data, (uint)random.Next());
    }
}
