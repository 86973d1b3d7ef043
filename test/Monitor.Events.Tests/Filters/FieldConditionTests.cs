using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.V1;

namespace Monitor.Events.Tests;

public sealed class FieldConditionTests
{
    /// <summary>Two bytes can be a value. An agent's details have three thousand at most.</summary>
    [TestCase(3000, true)]
    [TestCase(5000, false)]
    public void Detail_WithMoreValuesThanAnAgentSends_IsNotSound(int values, bool expected)
    {
        var list = new CustomList { Values = { Enumerable.Range(0, values).Select(_ => new CustomValue()) } };
        var detail = new CustomDetail { Fields = { ["list"] = new CustomValue { List = list } } };

        Assert.That(CustomReader.TryRead(detail.ToByteArray(), out _), Is.EqualTo(expected));
    }

    private static readonly CustomDetail Detail = new()
    {
        Fields =
        {
            ["latency"] = new CustomValue { Duration = new Duration { Seconds = 1, Nanos = 500_000 } },
            ["offset"] = new CustomValue { Integer = -7 },
            ["size"] = new CustomValue { Number = ulong.MaxValue },
            ["path"] = new CustomValue { Text = "/etc/passwd" },
            ["ok"] = new CustomValue { Flag = true },
            ["started"] = new CustomValue { Time = Timestamp.FromDateTime(new DateTime(2030, 1, 31, 12, 0, 0, DateTimeKind.Utc)) },
            ["ports"] = new CustomValue
            {
                List = new CustomList { Values = { new CustomValue { Number = 80 }, new CustomValue { Number = 443 } } },
            },
        },
    };

    [TestCase("latency>1s", true)]
    [TestCase("latency>1000ms", true)]
    [TestCase("latency=1000500us", true)]
    [TestCase("latency>1000499999", true)]
    [TestCase("latency>1000500000", false)]
    [TestCase("latency>=1.0005s", true)]
    [TestCase("latency<1s", false)]
    [TestCase("latency!=1s", true)]
    [TestCase("latency=soon", false)]
    [TestCase("offset=-7", true)]
    [TestCase("offset<0", true)]
    [TestCase("offset>-7", false)]
    [TestCase("size=18446744073709551615", true)]
    [TestCase("size>9223372036854775807", true)]
    [TestCase("size=-1", false)]
    [TestCase("path=/etc/passwd", true)]
    [TestCase("path=/etc/*", true)]
    [TestCase("path=/usr/*", false)]
    [TestCase("path!=/usr/*", true)]
    [TestCase("path!=/etc/passwd", false)]
    [TestCase("path>/etc", false)]
    [TestCase("ok=true", true)]
    [TestCase("ok=false", false)]
    [TestCase("ok!=false", true)]
    [TestCase("ok>false", false)]
    [TestCase("started>=2030-01-31T12:00:00Z", true)]
    [TestCase("started>2030-01-31T12:00:00Z", false)]
    [TestCase("started<2031-01-01", true)]
    [TestCase("ports=443", true)]
    [TestCase("ports=22", false)]
    [TestCase("ports!=22", true)]
    [TestCase("ports!=80", false)]
    [TestCase("ports>400", true)]
    [TestCase("nothing=1", false)]
    [TestCase("nothing!=1", false)]
    public void Filter_OneCondition_MatchesTheEventsThatMeetIt(string condition, bool matches)
    {
        using var log = TestLog.Create();
        log.Append(new Event { Id = "1", Type = "own", Time = new Timestamp { Seconds = 1 }, Custom = Detail });
        log.Publish();

        Assert.That(log.Query(new EventQuery { Filter = new EventFilter { Field = { condition } }, Limit = 10 }).Count, Is.EqualTo(matches ? 1 : 0));
    }

    [Test]
    public void Filter_SeveralConditions_AllMustHold()
    {
        using var log = TestLog.Create();
        log.Append(new Event { Id = "1", Type = "own", Time = new Timestamp { Seconds = 1 }, Custom = Detail });
        log.Append(new Event { Id = "2", Type = "connection", Time = new Timestamp { Seconds = 1 }, Connection = new ConnectionDetail() });
        log.Publish();

        Assert.That(Count("latency>1s", "latency<2s"), Is.EqualTo(1));
        Assert.That(Count("latency>1s", "path=/nowhere"), Is.Zero);

        int Count(params string[] conditions) =>
            log.Query(new EventQuery { Filter = new EventFilter { Field = { conditions } }, Limit = 10 }).Count;
    }

    [TestCase("latency")]
    [TestCase(">1")]
    [TestCase("latency~1")]
    public void Compile_NoCondition_IsRefusedWithAnExample(string text)
    {
        var thrown = Assert.Throws<FilterException>(() => EventFilterPlan.Compile(new EventFilter { Field = { text } }));

        Assert.That(thrown!.Field, Is.EqualTo("field"));
        Assert.That(thrown.Message, Does.Contain(text).And.Contain("latency>1ms"));
    }

    [TestCase("1.5ms", 1_500_000)]
    [TestCase("250us", 250_000)]
    [TestCase("250µs", 250_000)]
    [TestCase("3ns", 3)]
    [TestCase("2m", 120_000_000_000)]
    [TestCase("-1s", -1_000_000_000)]
    [TestCase("1", null)]
    [TestCase("s", null)]
    [TestCase("1 day", null)]
    [TestCase("99999999999999h", null)]
    public void DurationText_ReadsWhatPeopleWrite(string text, long? nanos) =>
        Assert.That((long?)DurationText.ToNanos(text), Is.EqualTo(nanos));

    // Whatever the reader takes must be read by every parser, and be shown as JSON.
    [Test]
    public void CustomReader_AnyBytes_AgreesWithTheParser()
    {
        var random = new Random(20261128);
        var sound = Detail.ToByteArray();
        var accepted = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = (byte[])sound.Clone();
            for (var change = random.Next(4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            if (!CustomReader.TryRead(bytes, out var failed))
            {
                continue;
            }

            accepted++;
            var parsed = CustomDetail.Parser.ParseFrom(bytes);
            Assert.That(failed, Is.EqualTo(parsed.Failed));
            Assert.That(() => JsonFormatter.Default.Format(parsed), Throws.Nothing, Convert.ToHexString(bytes));
        }

        Assert.That(accepted, Is.InRange(1000, 49_000));
        Assert.That(CustomReader.TryRead(sound, out _), Is.True);
    }
}
