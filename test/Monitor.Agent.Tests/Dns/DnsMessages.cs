using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Monitor.Agent.Monitors;
using Monitor.Agent.Tests.Decoding;

namespace Monitor.Agent.Tests.Dns;

/// <summary>Messages of DNS, and records with them as the program makes them.</summary>
internal static class DnsMessages
{
    public const ushort Id = 0xbeef;

    private const int IpAndUdpBytes = 28;

    /// <summary>A name without compression; "" is the root.</summary>
    public static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. label.Select(c => (byte)c)]), 0];

    public static byte[] Number(int value) => [(byte)(value >> 8), (byte)value];

    /// <summary>A header, and what follows it.</summary>
    public static byte[] Message(int flags, int questions, int answers, int others, params byte[][] parts) =>
        [.. Number(Id), .. Number(flags), .. Number(questions), .. Number(answers), .. Number(0), .. Number(others), .. parts.SelectMany(part => part)];

    public static byte[] Question(string name, ushort type = 1) => Message(0x0100, 1, 0, 0, Asked(Name(name), type));

    /// <summary>Name, type and class.</summary>
    public static byte[] Asked(byte[] name, ushort type = 1) => [.. name, .. Number(type), .. Number(1)];

    /// <summary>A record about the name of the question.</summary>
    public static byte[] Record(ushort type, byte[] data, uint seconds = 300, ushort length = 0)
    {
        var ttl = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(ttl, seconds);
        return [0xc0, 12, .. Number(type), .. Number(1), .. ttl, .. Number(length == 0 ? data.Length : length), .. data];
    }

    public static DnsRecord RecordOf(byte[] question)
    {
        var record = new DnsRecord
        {
            Timestamp = Records.Timestamp,
            LatencyNs = 1_500_000,
            ConnectionId = 99,
            CgroupId = 77,
            Pid = 12,
            Tid = 13,
            NetworkNamespace = 4026531833,
            Source = Records.Address("10.0.0.1"),
            Destination = Records.Address("10.0.0.53"),
            SourcePort = 40000,
            DestinationPort = 53,
            TransactionId = Id,
            Protocol = 17,
            QuestionLength = (ushort)Math.Min(question.Length, 272),
            Outcome = 2,
            Flags = DnsFlags.Process,
            Command = Records.Text("curl"u8),
        };
        question.AsSpan(0, record.QuestionLength).CopyTo(record.Question);
        return record;
    }

    /// <summary>The bytes that the ring has for a question that nobody answered.</summary>
    public static byte[] Unanswered(byte[] question) => Bytes(RecordOf(question), []);

    /// <summary>The bytes that the ring has for a question with an answer.</summary>
    /// <param name="question">The message.</param>
    /// <param name="answer">The message.</param>
    /// <param name="copied">Bytes of the answer that are there.</param>
    public static byte[] Answered(byte[] question, byte[] answer, int copied = int.MaxValue)
    {
        var record = RecordOf(question);
        record.Outcome = 1;
        record.AnswerOffset = IpAndUdpBytes;
        record.AnswerCopied = (ushort)Math.Min(answer.Length, copied);
        record.AnswerLength = (ushort)answer.Length;
        return Bytes(record, [.. new byte[IpAndUdpBytes], .. answer.AsSpan(0, record.AnswerCopied)]);
    }

    public static byte[] Bytes(DnsRecord record, byte[] packet) =>
        [.. MemoryMarshal.AsBytes(new ReadOnlySpan<DnsRecord>(in record)), .. packet];
}
