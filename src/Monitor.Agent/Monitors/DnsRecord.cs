using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Monitor.Agent.Monitors;

/// <summary>
/// struct dns_record of bpf/include/dns.h, field by field; checked when the object is loaded. Behind that of an answer lies
/// the packet that brought it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DnsRecord
{
    public ulong Timestamp;
    public ulong LatencyNs;
    public ulong ConnectionId;
    public ulong CgroupId;
    public uint Pid;
    public uint Tid;
    public uint Uid;
    public uint NetworkNamespace;
    public Bytes16 Source;
    public Bytes16 Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public ushort TransactionId;
    public ushort Protocol;
    public ushort QuestionLength;
    public ushort AnswerOffset;
    public ushort AnswerCopied;
    public ushort AnswerLength;
    public byte Outcome;
    public DnsFlags Flags;
    public Bytes6 Padding;
    public Bytes16 Command;
    public QuestionBytes Question;
}

/// <summary>enum dns_flags.</summary>
[Flags]
internal enum DnsFlags : byte
{
    Process = 1,
}

/// <summary>The beginning of a question (DNS_QUESTION_BYTES).</summary>
[InlineArray(272)]
internal struct QuestionBytes
{
    private byte _first;
}
