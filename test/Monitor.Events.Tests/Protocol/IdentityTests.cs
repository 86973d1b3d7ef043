using System.Text;
using Monitor.Protocol;

namespace Monitor.Events.Tests;

public sealed class IdentityTests
{
    [TestCase(0ul, 1ul, "0000000000000000-1")]
    [TestCase(0x0123456789abcdeful, 42ul, "0123456789abcdef-42")]
    [TestCase(ulong.MaxValue, ulong.MaxValue, "ffffffffffffffff-18446744073709551615")]
    public void EventId_Format_IsReadBack(ulong epoch, ulong sequence, string text)
    {
        var utf8 = new byte[EventId.MaxLength];

        Assert.That(EventId.Format(epoch, sequence), Is.EqualTo(text));
        Assert.That(EventId.TryFormat(epoch, sequence, utf8, out var written), Is.True);
        Assert.That(Encoding.ASCII.GetString(utf8, 0, written), Is.EqualTo(text));
        Assert.That(EventId.TryFormat(epoch, sequence, utf8.AsSpan(0, text.Length - 1), out _), Is.False);
        Assert.That(EventId.TryParse(text, out var readEpoch, out var readSequence), Is.True);
        Assert.That((readEpoch, readSequence), Is.EqualTo((epoch, sequence)));
    }

    [TestCase("")]
    [TestCase("0123456789abcdef-")]
    [TestCase("0123456789abcdef42")]
    [TestCase("0123456789ABCDEF-42")]
    [TestCase("0123456789abcdeg-42")]
    [TestCase("0123456789abcdef-042")]
    [TestCase("0123456789abcdef--1")]
    [TestCase("0123456789abcdef-18446744073709551616")]
    [TestCase(" 123456789abcdef-1")]
    public void EventId_OtherText_IsRefused(string text)
    {
        Assert.That(EventId.TryParse(text, out _, out _), Is.False);
    }

    /// <summary>Among them are some that the decoder of .NET takes for valid and then throws for.</summary>
    [Test]
    public void Token_WithPaddingOrBlanks_IsReadOrRefused()
    {
        var token = new ResumeToken(1, 2, 1, [3]).ToString();
        foreach (var (at, put) in Enumerable.Range(0, token.Length + 1).SelectMany(at => (string[])["=", "==", " ", "\n", "%", "= ", "%="], (at, put) => (at, put)))
        {
            Assert.DoesNotThrow(() => ResumeToken.TryParse(token.Insert(at, put), out _));
            Assert.DoesNotThrow(() => ResumeToken.TryParse(token[..at] + put, out _));
            Assert.DoesNotThrow(() => ResumeToken.TryParse(put + token[at..], out _));
        }
    }

    [Test]
    public void BootEpoch_EachPart_Matters()
    {
        var start = DateTimeOffset.UnixEpoch;
        var epochs = new[]
        {
            BootEpoch.Compute("node-1", "boot", start),
            BootEpoch.Compute("node-2", "boot", start),
            BootEpoch.Compute("node-1", "boot2", start),
            BootEpoch.Compute("node-1b", "oot", start),
            BootEpoch.Compute("node-1", "boot", start.AddTicks(1)),
        };

        Assert.That(epochs, Is.Unique);
        Assert.That(BootEpoch.Compute("node-1", "boot\n", start), Is.EqualTo(epochs[0]));
    }

    [Test]
    public void ResumeToken_RandomNumbers_AreReadBack()
    {
        var random = new Random(14);
        for (var round = 0; round < 1000; round++)
        {
            var losses = Enumerable.Range(0, random.Next(ResumeToken.LossCauses + 1))
                .Select(_ => (ulong)random.NextInt64() >> random.Next(64)).ToArray();
            var position = (ulong)random.NextInt64();
            var token = new ResumeToken((ulong)random.NextInt64(), position, position / 2, losses);

            Assert.That(ResumeToken.TryParse(token.ToString(), out var read), Is.True);
            Assert.That(
                (read!.Epoch, read.Position, read.Events), Is.EqualTo((token.Epoch, token.Position, token.Events)));
            Assert.That(read.Losses.ToArray(), Is.EqualTo(token.Losses.ToArray()));
        }
    }

    [Test]
    public void ResumeToken_OfTypicalSize_IsShort()
    {
        Assert.That(new ResumeToken(1, 2_000_000, 2_000_000, [0, 500]).ToString(), Has.Length.LessThan(40));
    }

    [TestCase(0L)]
    [TestCase(1L)]
    [TestCase(-1L)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    [TestCase(1_767_225_600_123_456_789L)]
    public void UnixNanos_Timestamp_IsExact(long time)
    {
        Assert.That(UnixNanos.From(UnixNanos.ToTimestamp(time)), Is.EqualTo(time).Or.EqualTo(Saturated(time)));
    }

    [Test]
    public void UnixNanos_Date_AgreesWithTheTimestamp()
    {
        var date = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(7);

        Assert.That(
            UnixNanos.From(date),
            Is.EqualTo(UnixNanos.From(Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(date))));
        Assert.That(UnixNanos.From(DateTimeOffset.MaxValue), Is.EqualTo(long.MaxValue));
        Assert.That(UnixNanos.From(DateTimeOffset.MinValue), Is.EqualTo(long.MinValue));
    }

    // The last second at either end is not worth the code that would tell its parts apart.
    private static long Saturated(long time) => time > 0 ? long.MaxValue : long.MinValue;
}
