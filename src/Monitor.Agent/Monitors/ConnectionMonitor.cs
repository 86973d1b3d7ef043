using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Outbound connection attempts and their outcomes; see bpf/connection.bpf.c.</summary>
internal sealed class ConnectionMonitor : MonitorDefinition
{
    // BPF_CGROUP_UNIX_CONNECT of include/uapi/linux/bpf.h, since 6.7; older headers and libraries do not name it.
    private const BpfAttachType UnixConnect = (BpfAttachType)49;

    private const string EverySystemCall = "while it is attached, every system call of the machine takes its slow path";

    private readonly ErrnoFragments _errors = new(ConnectionDetail.ErrorFieldNumber);

    public override string Name => "connection";

    public override string Description =>
        "Outbound connection attempts of every process, IPv4 and IPv6, with their outcomes.";

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
    [
        new("inet_sock_set_state", "sock/inet_sock_set_state", HookRole.Required, HookAttach.Section),
        new("connect4", "cgroup/connect4", HookRole.Preferred, HookAttach.Cgroup),
        new("connect6", "cgroup/connect6", HookRole.Preferred, HookAttach.Cgroup),
        new("sock_release", "cgroup/sock_release", HookRole.Optional, HookAttach.Cgroup)
        {
            Without = "attempts that come to nothing show later",
        },
        new("walk_pending", "iter/bpf_map_elem", HookRole.Optional, HookAttach.MapIterator)
        {
            Without = "connected UDP sockets show when they are closed",
        },
        new("connect_unix", "cgroup/connect_unix", HookRole.Optional, HookAttach.Cgroup)
        {
            AttachType = UnixConnect,
            Without = "attempts of AF_UNIX sockets are not counted as filtered",
        },
        new("stream_connect_exit", "fexit/inet_stream_connect", HookRole.Optional, HookAttach.Section)
        {
            Without = "TCP attempts that fail before a packet is sent have no error name",
        },
        new("dgram_connect_exit", "fexit/inet_dgram_connect", HookRole.Optional, HookAttach.Section)
        {
            Without = "UDP attempts that fail have no error name",
        },
        new("sys_enter_connect", "syscalls/sys_enter_connect", HookRole.LastResort, HookAttach.Section)
        {
            Note = EverySystemCall,
        },
        new("sys_exit_connect", "syscalls/sys_exit_connect", HookRole.LastResort, HookAttach.Section)
        {
            Note = EverySystemCall,
        },
    ];

    public override int RecordBytes => Unsafe.SizeOf<ConnectionRecord>();

    public override PeriodicWalk Walk { get; } = new("pending", 0, WhilePending: true);

    public override IReadOnlyList<string> LayoutDifferences(BpfObject bpf) =>
        RecordLayout.Check<ConnectionRecord>(bpf, "connection_record");

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort) =>
        bpf.SetGlobal("syscall_hooks", lastResort);

    public override bool Decode(ReadOnlySpan<byte> bytes, EventEncoder encoder)
    {
        ref readonly var record = ref MemoryMarshal.AsRef<ConnectionRecord>(bytes);
        var outcome = (ConnectionDetail.Types.Outcome)record.Outcome;
        if (outcome is < ConnectionDetail.Types.Outcome.Connected or > ConnectionDetail.Types.Outcome.Unknown ||
            record.Error > ErrnoFragments.Max || record.Protocol > IpProtocols.MaxNumber || record.HandshakeNs > long.MaxValue)
        {
            return false;
        }

        encoder.SetProcess(record.Pid, record.Tid, record.Uid, record.CgroupId, record.Command);
        encoder.SetNetworkNamespace(record.NetworkNamespace);
        encoder.SetConnection(record.ConnectionId);
        encoder.SetProtocol(record.Protocol);
        encoder.SetSocketType(record.SocketType);
        var ports = IpPorts.Has(record.Protocol);
        encoder.SetSource(record.Source, ports ? record.SourcePort : null);
        encoder.SetDestination(record.Destination, ports ? record.DestinationPort : null);
        if (outcome is ConnectionDetail.Types.Outcome.Failed or ConnectionDetail.Types.Outcome.Abandoned)
        {
            encoder.SetFailed();
        }

        Span<byte> buffer = stackalloc byte[128];
        var writer = new WireWriter(buffer);
        var detail = writer.Begin(Event.ConnectionFieldNumber);
        writer.Varint(ConnectionDetail.OutcomeFieldNumber, record.Outcome);
        if ((record.Flags & ConnectionFlags.ReturnCode) != 0)
        {
            writer.SignedVarint(ConnectionDetail.ReturnCodeFieldNumber, record.ReturnCode);
        }

        if (record.Error != 0)
        {
            writer.Fragment(_errors.Get(record.Error));
        }

        if (record.HandshakeNs != 0)
        {
            writer.SecondsAndNanos(ConnectionDetail.HandshakeTimeFieldNumber, (long)record.HandshakeNs);
        }

        if ((record.Flags & ConnectionFlags.Mode) != 0)
        {
            writer.Varint(
                ConnectionDetail.NonBlockingFieldNumber, (record.Flags & ConnectionFlags.NonBlocking) != 0 ? 1u : 0u);
        }

        writer.End(detail);
        encoder.Append(writer.Written);
        return true;
    }
}
