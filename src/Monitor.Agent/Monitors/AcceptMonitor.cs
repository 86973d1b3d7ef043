using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Inbound TCP connections; see bpf/accept.bpf.c.</summary>
internal sealed class AcceptMonitor() : TcpMonitor<AcceptRecord>("accept", Event.AcceptFieldNumber)
{
    private const string AcceptHook = "accepted";

    public override string Description => "Inbound TCP connections, with the process that listens or takes them.";

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("state", "sock/inet_sock_set_state", HookRole.Preferred, HookAttach.Section),
        new(AcceptHook, "fexit/inet_accept", HookRole.Optional, HookAttach.Section)
        {
            Without = "the process is the one that listens, and how long a connection waited for accept() is not known",
        },
        new("existing_listeners", "iter/task_file", HookRole.Optional, HookAttach.Once)
        {
            Without = "connections to sockets that listened before the start show without a process",
        },
        new("state_without_process", "sock/inet_sock_set_state", HookRole.LastResort, HookAttach.Section)
        {
            Note = "this kernel, before 5.12, does not let connections be followed to the process that listens",
        },
    ];

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort) =>
        bpf.SetGlobal("sees_accept", (byte)(bpf.Programs.Any(program => program is { Name: AcceptHook, AutoLoad: true }) ? 1 : 0));

    protected override bool TryWrite(in AcceptRecord record, ref WireWriter writer, out bool failed)
    {
        failed = false;
        if ((record.Tcp.Flags & TcpFlags.Waited) != 0)
        {
            failed = (record.Tcp.Flags & TcpFlags.Queued) != 0;
            if (record.QueueNs > long.MaxValue)
            {
                return false;
            }

            writer.SecondsAndNanos(AcceptDetail.AcceptQueueTimeFieldNumber, (long)record.QueueNs);
            writer.Varint(AcceptDetail.AbandonedFieldNumber, failed ? 1u : 0u);
        }

        return true;
    }
}
