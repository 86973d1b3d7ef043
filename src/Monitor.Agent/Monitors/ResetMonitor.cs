using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Resets of TCP connections; see bpf/reset.bpf.c.</summary>
internal sealed class ResetMonitor() : TcpMonitor<ResetRecord>("reset", Event.ResetFieldNumber)
{
    private const string ReasonEnum = "sk_rst_reason", ReasonPrefix = "SK_RST_REASON_";

    private readonly Dictionary<uint, string> _reasonNames = [];

    public override string Description => "Resets of TCP connections, sent and received.";

    public override int RingBudgetBytes => 1 << 20;

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("tcp_send_reset", "tcp/tcp_send_reset", HookRole.Required, HookAttach.Section),
        new("tcp_receive_reset", "tcp/tcp_receive_reset", HookRole.Required, HookAttach.Section),
    ];

    public override IReadOnlyDictionary<uint, string> KernelNames => _reasonNames;

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort)
    {
        // The numbers change between kernels: they are this kernel's own.
        foreach (var reason in kernel?.FindEnum(ReasonEnum) ?? [])
        {
            if (reason.Name.StartsWith(ReasonPrefix, StringComparison.Ordinal))
            {
                _reasonNames.TryAdd((uint)reason.Value, reason.Name[ReasonPrefix.Length..]);
            }
        }
    }

    public override void UseKernelNames(IReadOnlyDictionary<uint, string> names)
    {
        foreach (var (number, name) in names)
        {
            _reasonNames[number] = name;
        }
    }

    protected override bool TryWrite(in ResetRecord record, ref WireWriter writer, out bool failed)
    {
        failed = true;
        if ((record.Tcp.Flags & TcpFlags.Sent) != 0)
        {
            writer.Varint(ResetDetail.SentFieldNumber, 1);
        }

        if (record.Tcp.State != 0)
        {
            writer.Bytes(ResetDetail.StateFieldNumber, TcpStates.Name(record.Tcp.State));
        }

        WriteDirection(ResetDetail.DirectionFieldNumber, record.Tcp, ref writer);
        if (record.HasReason != 0)
        {
            Span<byte> text = stackalloc byte[MaxReasonBytes];
            var name = _reasonNames.GetValueOrDefault(record.Reason, "");
            if (name.Length is > 0 and <= MaxReasonBytes && System.Text.Encoding.ASCII.TryGetBytes(name, text, out var length))
            {
                writer.Bytes(ResetDetail.ReasonFieldNumber, text[..length]);
            }
        }

        return true;
    }

    // The longest in use have some 30.
    private const int MaxReasonBytes = 100;
}
