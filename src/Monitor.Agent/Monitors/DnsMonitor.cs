using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.Agent.Dns;
using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Server.Settings;
using Monitor.V1;
using Outcome = Monitor.V1.DnsDetail.Types.Outcome;

namespace Monitor.Agent.Monitors;

/// <summary>Questions to name servers, each with its answer; see bpf/dns.bpf.c.</summary>
internal sealed class DnsMonitor : MonitorDefinition
{
    /// <summary>How many ports the program compares with (bpf/include/dns_packet.h).</summary>
    public const int MaxPorts = 8;

    private const ushort Tcp = 6, Udp = 17;

    public override string Name => "dns";

    public override string Description => "Questions to name servers, with their answers.";

    public override bool OnByDefault => false;

    /// <summary>Ports of name servers.</summary>
    public IReadOnlyList<ushort> Ports { get; set; } = [53];

    /// <summary>After this a question counts as unanswered.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("see_question", "cgroup_skb/egress", HookRole.Required, HookAttach.Cgroup),
        new("see_answer", "cgroup_skb/ingress", HookRole.Required, HookAttach.Cgroup),
        new("sweep_pending", "iter/bpf_map", HookRole.Optional, HookAttach.Iterator)
        {
            Without = "questions without an answer are found by walk_pending",
        },
        new("walk_pending", "iter/bpf_map_elem", HookRole.Optional, HookAttach.MapIterator)
        {
            Without = "questions without an answer are found by sweep_pending",
        },
    ];

    public override int RecordBytes => Unsafe.SizeOf<DnsRecord>();

    // A question and its answer with the whole packet take 1900 bytes, and nobody asks a thousand times in 10 ms.
    public override int RingBudgetBytes => 4 << 20;

    public override PeriodicWalk Walk { get; } = new("pending", 0, WhilePending: true);

    public override IReadOnlyList<string> LayoutDifferences(BpfObject bpf) =>
        RecordLayout.Check<DnsRecord>(bpf, "dns_record");

    public override void UseSettings(SettingValues settings) =>
        Ports = [.. settings.Get(AgentSettings.DnsPorts).Select(port => (ushort)port)];

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort)
    {
        var ports = default(PortArray);
        for (var i = 0; i < Ports.Count; i++)
        {
            ports[i] = Ports[i];
        }

        bpf.SetGlobal("dns_ports", ports);
        bpf.SetGlobal("answer_timeout_ns", (ulong)AnswerTimeout.TotalNanoseconds);
    }

    public override bool Decode(ReadOnlySpan<byte> bytes, EventEncoder encoder)
    {
        ref readonly var record = ref MemoryMarshal.AsRef<DnsRecord>(bytes);
        var outcome = (Outcome)record.Outcome;
        var packet = bytes[Unsafe.SizeOf<DnsRecord>()..];
        ReadOnlySpan<byte> question = record.Question;
        if (outcome is not (Outcome.Answered or Outcome.Unanswered) || record.Protocol is not (Tcp or Udp) ||
            record.LatencyNs > long.MaxValue || record.QuestionLength < DnsReader.HeaderBytes ||
            record.QuestionLength > question.Length || record.AnswerOffset + record.AnswerCopied > packet.Length)
        {
            return false;
        }

        if ((record.Flags & DnsFlags.Process) != 0)
        {
            encoder.SetProcess(record.Pid, record.Tid, record.Uid, record.CgroupId, record.Command);
        }
        else
        {
            encoder.SetCgroup(record.CgroupId);
        }

        encoder.SetNetworkNamespace(record.NetworkNamespace);
        encoder.SetConnection(record.ConnectionId);
        encoder.SetProtocol(record.Protocol);
        encoder.SetSource(record.Source, record.SourcePort);
        encoder.SetDestination(record.Destination, record.DestinationPort);

        Span<byte> buffer = stackalloc byte[DnsDetailWriter.MaxDetailBytes];
        var detail = new DnsDetailWriter(buffer, encoder);
        detail.WriteQuestion(question[..record.QuestionLength], record.TransactionId);
        if (outcome == Outcome.Answered)
        {
            detail.WriteAnswer(
                packet.Slice(record.AnswerOffset, record.AnswerCopied), isCut: record.AnswerCopied < record.AnswerLength);
        }

        detail.End(outcome, (long)record.LatencyNs);
        encoder.AppendDetail(Event.DnsFieldNumber, detail.Written);
        return true;
    }

    [InlineArray(MaxPorts)]
    private struct PortArray
    {
        private ushort _first;
    }
}
