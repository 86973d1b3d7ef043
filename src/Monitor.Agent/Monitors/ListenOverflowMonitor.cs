using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Connections that listening sockets turned away; see bpf/listen_overflow.bpf.c.</summary>
internal sealed class ListenOverflowMonitor() :
    TcpMonitor<ListenOverflowRecord>("listen_overflow", Event.ListenOverflowFieldNumber)
{
    public override string Description => "Connections that listening sockets turned away, counted once a second. Needs accept.";

    // One record for each listener and second.
    public override int RingBudgetBytes => 0;

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("walk_listening", "iter/bpf_map_elem", HookRole.Preferred, HookAttach.MapIterator),
        new("walk_files", "iter/task_file", HookRole.LastResort, HookAttach.Iterator)
        {
            Note = "looks at every open file of the machine once a second, for this kernel does not let maps be walked",
        },
    ];

    public override string? Needs => "accept";

    public override PeriodicWalk Walk { get; } = new("listening", 1000, WhilePending: false);

    protected override bool TryWrite(in ListenOverflowRecord record, ref WireWriter writer, out bool failed)
    {
        failed = true;
        writer.Varint(ListenOverflowDetail.CountFieldNumber, record.Count);
        writer.Varint(ListenOverflowDetail.QueueLengthFieldNumber, record.QueueLength);
        writer.Varint(ListenOverflowDetail.BacklogFieldNumber, record.Backlog);
        return true;
    }
}
