using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>TCP segments that are sent again; see bpf/retransmit.bpf.c.</summary>
internal sealed class RetransmitMonitor() : TcpMonitor<RetransmitRecord>("retransmit", Event.RetransmitFieldNumber)
{
    public override string Description => "TCP segments that were sent again.";

    public override int RingBudgetBytes => 1 << 20;

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
        [new("tcp_retransmit_skb", "tcp/tcp_retransmit_skb", HookRole.Required, HookAttach.Section)];

    protected override bool TryWrite(in RetransmitRecord record, ref WireWriter writer, out bool failed)
    {
        failed = false;
        writer.Bytes(RetransmitDetail.StateFieldNumber, TcpStates.Name(record.Tcp.State));
        WriteDirection(RetransmitDetail.DirectionFieldNumber, record.Tcp, ref writer);
        writer.Varint(RetransmitDetail.RetransmitsFieldNumber, record.Retransmits);
        return true;
    }
}
