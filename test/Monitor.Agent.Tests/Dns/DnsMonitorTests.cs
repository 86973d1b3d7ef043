using System.Net;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Monitors;
using Monitor.Agent.Tests.Decoding;
using Monitor.V1;
using Outcome = Monitor.V1.DnsDetail.Types.Outcome;

namespace Monitor.Agent.Tests.Dns;

/// <summary>What becomes of messages, sound ones and others.</summary>
internal sealed class DnsMonitorTests
{
    private static readonly byte[] Asked = DnsMessages.Question("www.example.com");
    private static readonly byte[] Repeated = DnsMessages.Asked(DnsMessages.Name("www.example.com"));

    [Test]
    public void Decode_Answer_FillsEveryField()
    {
        var answer = DnsMessages.Message(
            0x8180, 1, 2, 0, Repeated,
            DnsMessages.Record(5, [3, (byte)'w', (byte)'e', (byte)'b', 0xc0, 16]),
            DnsMessages.Record(1, [192, 0, 2, 1]));

        var actual = Decode(DnsMessages.Answered(Asked, answer));

        Assert.That((actual.Pid, actual.Command, actual.CgroupId, actual.ConnectionId), Is.EqualTo((12, "curl", 77, 99)));
        Assert.That((actual.Protocol, actual.Destination, actual.SourcePort), Is.EqualTo(("UDP", "10.0.0.53:53", 40000)));
        Assert.That(actual.Dns, Is.EqualTo(new DnsDetail
        {
            Outcome = Outcome.Answered,
            Name = "www.example.com",
            QueryType = "A",
            ResponseCode = "NOERROR",
            Answers = { "web.example.com", "192.0.2.1" },
            AnswerCount = 2,
            Latency = new Duration { Nanos = 1_500_000 },
            TransactionId = DnsMessages.Id,
        }));
        Assert.That(actual.ReportsFailure(), Is.False);
    }

    [Test]
    public void Decode_NoAnswer_HasTheQuestion()
    {
        var detail = Decode(DnsMessages.Unanswered(DnsMessages.Question("_sip._udp.example.com", 33)));

        Assert.That((detail.Dns.Outcome, detail.Dns.Name, detail.Dns.QueryType), Is.EqualTo((Outcome.Unanswered, "_sip._udp.example.com", "SRV")));
        Assert.That((detail.Dns.HasResponseCode, detail.Dns.Incomplete), Is.EqualTo((false, false)));
        Assert.That(detail.ReportsFailure(), Is.True);
    }

    [TestCase(0x8183, "NXDOMAIN", true)]
    [TestCase(0x8182, "SERVFAIL", true)]
    [TestCase(0x818d, "RCODE13", true)]
    [TestCase(0x8180, "NOERROR", false)]
    public void Decode_ResponseCode_IsNamed(int flags, string code, bool failed)
    {
        var actual = Decode(DnsMessages.Answered(Asked, DnsMessages.Message(flags, 1, 0, 0, Repeated)));

        Assert.That((actual.Dns.ResponseCode, actual.ReportsFailure(), actual.Dns.Incomplete), Is.EqualTo((code, failed, false)));
    }

    [Test]
    public void Decode_OptRecord_ExtendsTheResponseCode()
    {
        var opt = new byte[] { 0, 0, 41, 4, 0xd0, 1, 0, 0, 0, 0, 0 };

        var detail = Decode(DnsMessages.Answered(Asked, DnsMessages.Message(0x8180, 1, 0, 1, Repeated, opt))).Dns;

        Assert.That((detail.ResponseCode, detail.Incomplete), Is.EqualTo(("BADVERS", false)));
    }

    [TestCase((ushort)28, "20010db8000000000000000000000001", "2001:db8::1")]
    [TestCase((ushort)12, "0177c010", "w.example.com")]
    [TestCase((ushort)15, "000a c00c", "10 www.example.com")]
    [TestCase((ushort)33, "0001 0002 01bb c00c", "1 2 443 www.example.com")]
    [TestCase((ushort)16, "05 763d612262 00 03 20ff5c", "\"v=a\\\"b\" \"\" \" \\255\\\\\"")]
    [TestCase((ushort)65, "0001 00 0001 0003 026832", "1 .")]
    [TestCase((ushort)6, "00", "SOA")]
    [TestCase((ushort)65400, "00", "TYPE65400")]
    public void Decode_Answers_AreInPresentationFormat(ushort type, string data, string text)
    {
        var bytes = Convert.FromHexString(data.Replace(" ", "", StringComparison.Ordinal));

        var detail = Decode(DnsMessages.Answered(Asked, DnsMessages.Message(0x8180, 1, 1, 0, Repeated, DnsMessages.Record(type, bytes)))).Dns;

        Assert.That((detail.Answers.ToArray(), detail.Incomplete), Is.EqualTo((new[] { text }, false)));
    }

    [TestCase((ushort)1, "c000020101")]
    [TestCase((ushort)28, "c0000201")]
    [TestCase((ushort)12, "c00c00")]
    [TestCase((ushort)15, "0001")]
    [TestCase((ushort)33, "000100020003")]
    [TestCase((ushort)16, "05616263")]
    public void Decode_DataThatIsNotOfItsType_IsLeftOut(ushort type, string data)
    {
        var answer = DnsMessages.Message(
            0x8180, 1, 2, 0, Repeated, DnsMessages.Record(type, Convert.FromHexString(data)), DnsMessages.Record(1, [192, 0, 2, 1]));

        var detail = Decode(DnsMessages.Answered(Asked, answer)).Dns;

        Assert.That((detail.Answers.ToArray(), detail.AnswerCount, detail.Incomplete), Is.EqualTo((new[] { "192.0.2.1" }, 2u, true)));
    }

    [TestCase("c00c", Description = "to itself")]
    [TestCase("c00e", Description = "to behind it")]
    [TestCase("c000", Description = "into the header")]
    [TestCase("4061", Description = "a label of a kind that does not exist")]
    [TestCase("3f61", Description = "a label that ends behind the message")]
    [TestCase("c0", Description = "half a pointer")]
    public void Decode_QuestionWithoutName_IsIncomplete(string name)
    {
        var detail = Decode(DnsMessages.Unanswered(DnsMessages.Message(0x0100, 1, 0, 0, Convert.FromHexString(name)))).Dns;

        Assert.That((detail.HasName, detail.HasQueryType, detail.Incomplete), Is.EqualTo((false, false, true)));
    }

    [Test]
    public void Decode_PointersThatLeadToEachOther_AreRefused()
    {
        var answer = DnsMessages.Message(0x8180, 1, 1, 0, Repeated, [0xc0, 35, 0xc0, 33, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);

        var detail = Decode(DnsMessages.Answered(Asked, answer)).Dns;

        Assert.That((detail.Answers.Count, detail.AnswerCount, detail.Incomplete), Is.EqualTo((0, 1u, true)));
    }

    [Test]
    public void Decode_CountsThatLie_GiveWhatIsThere()
    {
        var answer = DnsMessages.Message(0x8180, 1, 65535, 65535, Repeated, DnsMessages.Record(1, [192, 0, 2, 1]));

        var detail = Decode(DnsMessages.Answered(Asked, answer)).Dns;

        Assert.That((detail.Answers.ToArray(), detail.AnswerCount, detail.Incomplete), Is.EqualTo((new[] { "192.0.2.1" }, 65535u, true)));
    }

    [Test]
    public void Decode_AnswerToSomethingElse_IsNoAnswerToThis()
    {
        var answer = DnsMessages.Message(
            0x8180, 1, 1, 0, DnsMessages.Asked(DnsMessages.Name("other.example.com")), DnsMessages.Record(1, [192, 0, 2, 1]));

        var detail = Decode(DnsMessages.Answered(Asked, answer)).Dns;

        Assert.That((detail.Name, detail.Answers.Count, detail.Incomplete), Is.EqualTo(("www.example.com", 0, true)));
    }

    [Test]
    public void Decode_NamesInAnotherCase_AreTheSame()
    {
        var answer = DnsMessages.Message(
            0x8180, 1, 1, 0, DnsMessages.Asked(DnsMessages.Name("WWW.eXample.COM")), DnsMessages.Record(1, [192, 0, 2, 1]));

        Assert.That(Decode(DnsMessages.Answered(Asked, answer)).Dns.Answers, Is.EqualTo(["192.0.2.1"]));
    }

    [Test]
    public void Decode_Truncated_SaysSo()
    {
        var detail = Decode(DnsMessages.Answered(Asked, DnsMessages.Message(0x8380, 1, 0, 0, Repeated))).Dns;

        Assert.That((detail.Truncated, detail.Incomplete), Is.EqualTo((true, false)));
    }

    [Test]
    public void Decode_AnswerCutAtAnyByte_IsIncomplete()
    {
        var answer = DnsMessages.Message(
            0x8180, 1, 2, 0, Repeated, DnsMessages.Record(1, [192, 0, 2, 1]), DnsMessages.Record(1, [192, 0, 2, 2]));
        for (var copied = 0; copied < answer.Length; copied++)
        {
            var detail = Decode(DnsMessages.Answered(Asked, answer, copied)).Dns;
            Assert.That((detail.Outcome, detail.Incomplete, detail.HasResponseCode), Is.EqualTo((Outcome.Answered, true, copied >= 12)));
        }
    }

    [Test]
    public void Decode_ManyAnswers_ListsSixteen()
    {
        var records = Enumerable.Range(0, 40).Select(i => DnsMessages.Record(1, [192, 0, 2, (byte)i])).ToArray();

        var detail = Decode(DnsMessages.Answered(Asked, DnsMessages.Message(0x8180, 1, 40, 0, [Repeated, .. records]))).Dns;

        Assert.That(detail.Answers, Is.EqualTo(Enumerable.Range(0, 16).Select(i => $"192.0.2.{i}")));
        Assert.That((detail.AnswerCount, detail.Incomplete), Is.EqualTo((40u, false)));
    }

    [Test]
    public void Decode_LongestNamesOfUnprintableBytes_Fit()
    {
        // The longest name there is, and answers that repeat it.
        byte[] name = [.. new[] { 63, 63, 63, 61 }.SelectMany(bytes => (byte[])[(byte)bytes, .. Enumerable.Repeat((byte)200, bytes)]), 0];
        var asked = DnsMessages.Asked(name, 5);
        var records = Enumerable.Repeat(DnsMessages.Record(5, [0xc0, 12]), 16).ToArray();

        var detail = Decode(DnsMessages.Answered(
            DnsMessages.Message(0x0100, 1, 0, 0, asked), DnsMessages.Message(0x8180, 1, 16, 0, [asked, .. records]))).Dns;

        Assert.That(detail.Name, Has.Length.EqualTo(1003).And.StartWith(@"\200\200"));
        Assert.That((detail.Answers.Count, detail.Incomplete), Is.EqualTo((0, true)));
    }

    [Test]
    public void Decode_DotsAndBackslashesInLabels_AreEscaped()
    {
        byte[] name = [4, (byte)'a', (byte)'.', (byte)'\\', (byte)' ', 1, (byte)'b', 0];

        var detail = Decode(DnsMessages.Unanswered(DnsMessages.Message(0x0100, 1, 0, 0, DnsMessages.Asked(name)))).Dns;

        Assert.That(detail.Name, Is.EqualTo(@"a\.\\\032.b"));
    }

    [Test]
    public void Decode_NameOf256Bytes_IsRefused()
    {
        byte[] name = [.. new[] { 63, 63, 63, 62 }.SelectMany(bytes => (byte[])[(byte)bytes, .. Enumerable.Repeat((byte)'a', bytes)]), 0];

        Assert.That(Decode(DnsMessages.Unanswered(DnsMessages.Message(0x0100, 1, 0, 0, DnsMessages.Asked(name)))).Dns.HasName, Is.False);
    }

    [Test]
    public void Decode_Root_IsADot() =>
        Assert.That(Decode(DnsMessages.Unanswered(DnsMessages.Question("", 2))).Dns.Name, Is.EqualTo("."));

    [Test]
    public void Decode_SentOnBehalfOfNobody_NamesNoProcess()
    {
        var record = DnsMessages.RecordOf(Asked);
        record.Flags = 0;

        var actual = Decode(DnsMessages.Bytes(record, []));

        Assert.That((actual.HasPid, actual.HasCommand, actual.Dns.Name), Is.EqualTo((false, false, "www.example.com")));
    }

    [Test]
    public void Decode_AddressesThatAreMasked_AreMaskedInAnswers()
    {
        var answer = DnsMessages.Message(0x8180, 1, 1, 0, Repeated, DnsMessages.Record(1, [192, 0, 2, 1]));
        var privacy = new Encoding.EventPrivacy(false, [IPNetwork.Parse("192.0.2.0/24")]);

        Assert.That(Records.Decode(new DnsMonitor(), DnsMessages.Answered(Asked, answer), privacy)!.Dns.Answers, Is.EqualTo(["192.0.2.0"]));
    }

    [TestCase(0)]
    [TestCase(3)]
    [TestCase(255)]
    public void Decode_OutcomeThatDoesNotExist_IsRefused(byte outcome)
    {
        var record = DnsMessages.RecordOf(Asked);
        record.Outcome = outcome;

        Assert.That(Records.Decode(new DnsMonitor(), DnsMessages.Bytes(record, [])), Is.Null);
    }

    [Test]
    public void Decode_LengthsThatLie_AreRefused()
    {
        var longQuestion = DnsMessages.RecordOf(Asked);
        longQuestion.QuestionLength = 273;
        var shortQuestion = DnsMessages.RecordOf(Asked);
        shortQuestion.QuestionLength = 11;
        var missing = DnsMessages.RecordOf(Asked);
        (missing.Outcome, missing.AnswerOffset, missing.AnswerCopied) = (1, 60000, 60000);

        foreach (var record in new[] { longQuestion, shortQuestion, missing })
        {
            Assert.That(Records.Decode(new DnsMonitor(), DnsMessages.Bytes(record, new byte[100])), Is.Null);
        }
    }

    private static Event Decode(byte[] record) => Records.Decode(new DnsMonitor(), record)!;
}
