using System.Buffers.Binary;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Custom;
using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Agent.Tests.Decoding;
using Monitor.V1;

namespace Monitor.Agent.Tests.Custom;

internal sealed class CustomDecodingTests
{
    private static readonly CustomMonitor Everything = TestObjects.Monitor("everything");

    [Test]
    public void Decode_ARecordOfEachKind_BecomesTypedValues()
    {
        var told = Records.Decode(Everything, Record())!;

        var fields = told.Custom.Fields;
        Assert.Multiple(() =>
        {
            Assert.That(fields["offset"].Integer, Is.EqualTo(-5));
            Assert.That(fields["flags"].Number, Is.EqualTo(5));
            Assert.That(fields["level"].Number, Is.EqualTo(1234));
            Assert.That(fields["ready"].Flag, Is.True);
            Assert.That(fields["key"].Text, Is.EqualTo("00deff10"));
            Assert.That(fields["mood"].Text, Is.EqualTo("MOOD_LOUD"));
            Assert.That(fields["latency"].Duration, Is.EqualTo(new Duration { Seconds = 2, Nanos = 7 }));
            Assert.That(fields["started"].Time.ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.FromUnixTimeMilliseconds((Records.Time - 1_000_000_000) / 1_000_000)).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(fields["gateway"].Text, Is.EqualTo("192.0.2.7"));
            Assert.That(fields["ports"].List.Values.Select(value => value.Number), Is.EqualTo(new ulong[] { 80, 0, 443 }));
            Assert.That(fields["place"].Text, Does.StartWith("0x"));
            Assert.That(fields["error"].Text, Is.EqualTo("ENOENT"));
            Assert.That(fields["name"].Text, Is.EqualTo("grün"));
            Assert.That(fields.Keys, Has.Count.EqualTo(13), "what every event has is not repeated, and padding is none");
        });
    }

    [Test]
    public void Decode_WellKnownNames_FillTheFieldsOfEveryEvent()
    {
        var told = Records.Decode(Everything, Record())!;

        Assert.Multiple(() =>
        {
            Assert.That((told.Pid, told.Tid, told.Uid, told.Command, told.CgroupId), Is.EqualTo((100u, 101u, 1000u, "curl", 77ul)));
            Assert.That((told.SourceIp, told.SourcePort), Is.EqualTo(("10.0.0.1", 40000u)));
            Assert.That((told.DestinationIp, told.DestinationPort, told.Destination), Is.EqualTo(("2001:db8::1", 443u, "[2001:db8::1]:443")));
            Assert.That(told.Protocol, Is.EqualTo("TCP"));
            Assert.That(told.Custom.Failed, Is.True);
            Assert.That(told.ReportsFailure(), Is.True);
        });
    }

    [Test]
    public void Decode_WithPrivacy_LeavesOutAddressesOfTheRecordToo()
    {
        var privacy = new EventPrivacy(hidesCommands: true, [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("10.0.0.0/8")]);

        var told = Records.Decode(Everything, Record(), privacy)!;

        Assert.That(told.HasCommand, Is.False);
        Assert.That((told.SourceIp, told.Custom.Fields["gateway"].Text), Is.EqualTo(("10.0.0.0", "192.0.2.0")));
    }

    [Test]
    public void Decode_AnyBytes_GivesAnEventThatEveryParserReadsOrNone()
    {
        var random = new Random(11);
        var encoder = new EventEncoder(Records.NodeName, Records.Epoch);
        var record = new byte[Everything.RecordBytes];
        var decoded = 0;
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(record);
            if (random.Next(2) == 0)
            {
                Set(record, "protocol", BitConverter.GetBytes(6));
                Set(record, "timestamp", BitConverter.GetBytes(Records.Timestamp));
            }

            // Checks that the bytes are well-formed, and that the columns say the same.
            decoded += Records.Decode(Everything, record, encoder) is { } told
                && Google.Protobuf.JsonFormatter.Default.Format(told).Length > 0 ? 1 : 0;
        }

        Assert.That(decoded, Is.GreaterThan(8_000));
    }

    [Test]
    public void Decode_ListsOfTheLongestNames_HaveRoom()
    {
        var monitor = TestObjects.Monitor("long_lists");
        var record = new byte[monitor.RecordBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(record, Records.Timestamp);
        for (var at = 8; at < 8 + 128 * 4; at += 4)
        {
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(at), -4002);
        }

        for (var at = 8 + 128 * 4; at < record.Length; at += 4)
        {
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(at), 1);
        }

        var fields = Records.Decode(monitor, record)!.Custom.Fields;

        Assert.That(fields["first"].List.Values, Has.Count.EqualTo(64).And.All.Property("Text").EqualTo("LIBBPF_ERRNO__KVERSION"));
        Assert.That(fields["names"].List.Values, Has.Count.EqualTo(4).And.All.Property("Text").Length.EqualTo(64));
    }

    [Test]
    public void ErrorNames_AreNoLongerThanTheirRoom() => Assert.That(
        Enumerable.Range(1, 5000).Append(int.MaxValue).Select(number => Monitor.Bpf.Errno.Name(number).Length),
        Has.All.LessThanOrEqualTo(FieldPlan.MaxErrorBytes));

    [TestCase(0ul)]
    [TestCase(ulong.MaxValue)]
    public void Decode_TimestampThatIsNone_IsRefused(ulong timestamp)
    {
        var record = Record();
        Set(record, "timestamp", BitConverter.GetBytes(timestamp));

        Assert.That(Records.Decode(Everything, record), Is.Null);
    }

    [Test]
    public void Schema_OfTheObject_SaysWhatClientsNeed()
    {
        var schema = Everything.Schema;

        Assert.That(
            schema.Fields.Where(field => !field.Common).Select(field => $"{field.Name}:{field.Kind}"),
            Is.EqualTo(new[]
            {
                "offset:integer", "flags:number", "level:number", "ready:flag", "key:bytes", "mood:enum", "latency:duration", "started:time",
                "gateway:address", "ports:port", "place:symbol", "error:error", "name:text",
            }));
        Assert.That(schema.Fields.Where(field => field.Common).Select(field => field.Name), Is.EquivalentTo(new[]
        {
            "pid", "tid", "uid", "command", "cgroup_id", "protocol", "source_ip", "destination_ip", "source_port", "destination_port", "failed",
        }));
        Assert.That(schema.Fields.Single(field => field.Name == "offset").Doc, Is.EqualTo("How far off."));
        Assert.That(schema.Fields.Single(field => field.Name == "mood").Values, Is.EqualTo(new[] { "MOOD_QUIET", "MOOD_LOUD" }));
        Assert.That(schema.Fields.Single(field => field.Name == "ports").Count, Is.EqualTo(3));
        Assert.That(schema.ObjectSha256, Has.Length.EqualTo(64));
        Assert.That(Everything.Description, Is.EqualTo("All kinds of fields."));
    }

    [TestCase("connection", "comes with the agent")]
    [TestCase("Ticks", "its name must be")]
    [TestCase("a-b", "its name must be")]
    [TestCase("", "its name must be")]
    [TestCase("abcdefghijklmnopqrstuvwxyz0123456", "its name must be")]
    public void Read_NameThatIsNoType_IsRefused(string name, string reason) => Assert.That(
        () => CustomObject.Read(name, TestObjects.Bytes("ticks")), Throws.TypeOf<MonitorLoadException>().With.Message.Contain(reason));

    private static byte[] Record()
    {
        var record = new byte[Everything.RecordBytes];
        Set(record, "timestamp", BitConverter.GetBytes(Records.Timestamp));
        Set(record, "process.pid", BitConverter.GetBytes(100));
        Set(record, "process.tid", BitConverter.GetBytes(101));
        Set(record, "process.uid", BitConverter.GetBytes(1000));
        Set(record, "process.command", "curl"u8);
        Set(record, "process.cgroup_id", BitConverter.GetBytes(77ul));
        Set(record, "offset", BitConverter.GetBytes((short)-5));
        Set(record, "flags", BitConverter.GetBytes((ushort)(1234 << 3 | 5)));
        Set(record, "ready", [1]);
        Set(record, "key", [0x00, 0xde, 0xff, 0x10]);
        Set(record, "mood", BitConverter.GetBytes(3));
        Set(record, "latency", BitConverter.GetBytes(2_000_000_007ul));
        Set(record, "started", BitConverter.GetBytes(Records.Timestamp - 1_000_000_000));
        Set(record, "gateway", [192, 0, 2, 7]);
        Set(record, "ports", [80, 0, 0, 0, 443 & 0xff, 443 >> 8]);
        Set(record, "place", BitConverter.GetBytes(0x1234ul));
        Set(record, "error", BitConverter.GetBytes(-2));
        Set(record, "name", "grün"u8);
        Set(record, "protocol", BitConverter.GetBytes(6));
        Set(record, "source_ip", IPAddress.Parse("10.0.0.1").MapToIPv6().GetAddressBytes());
        Set(record, "destination_ip", IPAddress.Parse("2001:db8::1").GetAddressBytes());
        Set(record, "source_port", BitConverter.GetBytes((ushort)40000));
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(OffsetOf("destination_port")), 443);
        Set(record, "failed", [1]);
        return record;
    }

    private static void Set(byte[] record, string field, ReadOnlySpan<byte> value) => value.CopyTo(record.AsSpan(OffsetOf(field)));

    private static int OffsetOf(string field) => Everything.Object.Schema.Fields.Single(known => known.Name == field).BitOffset / 8;
}
