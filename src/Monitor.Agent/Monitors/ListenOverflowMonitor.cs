using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Connections that listening sockets turned away; see bpf/listen_overflow.bpf.c.</summary>
internal sealed class ListenOverflowMonitor() :
    TcpMonitor<ListenOverflowRecord>("listen_overflow", Event.ListenOverflowFieldNumber)
{
    public override string Description => "Connections that listening sockets turned away, counted every 5 seconds. Needs accept.";

    // One record for each listener and walk.
    public override int RingBudgetBytes => 0;

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
        [new("walk_files", "iter/task_file", HookRole.Required, HookAttach.Iterator)];

    public override string? Needs => "accept";

    // It is about listeners.
    public override bool UsesConnections => false;

    // A walk looks at each open file of the machine, some 100 ns each.
    public override PeriodicWalk Walk { get; } = new("listening", 5000, WhilePending: false);

    protected override bool TryWrite(in ListenOverflowRecord record, ref WireWriter writer, out bool failed)
    {
        failed = true;
        writer.Varint(ListenOverflowDetail.CountFieldNumber, record.Count);
        writer.Varint(ListenOverflowDetail.QueueLengthFieldNumber, record.QueueLength);
        writer.Varint(ListenOverflowDetail.BacklogFieldNumber, record.Backlog);
        return true;
    }
}
