using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>TCP segments that are sent again; see bpf/retransmit.bpf.c.</summary>
internal sealed class RetransmitMonitor() : TcpMonitor<RetransmitRecord>("retransmit", Event.RetransmitFieldNumber)
{
    private const string Sweep = "sweep_pending", Iterate = "walk_pending";

    public override string Description => "TCP segments that were sent again; in a storm an event stands for many.";

    public override int RingBudgetBytes => 1 << 20;

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("tcp_retransmit_skb", "tcp/tcp_retransmit_skb", HookRole.Required, HookAttach.Section),
        new(Sweep, "iter/bpf_map", HookRole.Optional, HookAttach.Iterator)
        {
            Without = $"the end of a storm is found by {Iterate}; without both, each segment of a storm is an event",
        },
        new(Iterate, "iter/bpf_map_elem", HookRole.Optional, HookAttach.MapIterator)
        {
            Without = $"the end of a storm is found by {Sweep}; without both, each segment of a storm is an event",
        },
    ];

    // Each time that the reader looks, while something is held.
    public override PeriodicWalk Walk { get; } = new("pending", 0, WhilePending: true);

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort) => bpf.SetGlobal(
        "samples", bpf.Programs.Any(program => program.Name is Sweep or Iterate && program.AutoLoad) ? (byte)1 : (byte)0);

    protected override bool TryWrite(in RetransmitRecord record, ref WireWriter writer, out bool failed)
    {
        failed = false;
        if (record.Count == 0)
        {
            return false;
        }

        writer.Bytes(RetransmitDetail.StateFieldNumber, TcpStates.Name(record.Tcp.State));
        WriteDirection(RetransmitDetail.DirectionFieldNumber, record.Tcp, ref writer);
        writer.Varint(RetransmitDetail.RetransmitsFieldNumber, record.Retransmits);
        writer.Varint(RetransmitDetail.CountFieldNumber, record.Count);
        return true;
    }
}
