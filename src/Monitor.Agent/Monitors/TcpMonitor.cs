using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>What the monitors of TCP connections share: each record begins with a <see cref="TcpRecord"/>.</summary>
/// <typeparam name="TRecord">The record.</typeparam>
/// <param name="name">See <see cref="MonitorDefinition.Name"/>.</param>
/// <param name="detailField">The field of Event that takes the detail.</param>
internal abstract class TcpMonitor<TRecord>(string name, int detailField) : MonitorDefinition
    where TRecord : unmanaged
{
    private const ushort Tcp = 6, Stream = 1;

    // More than all fields of the longest detail take.
    private const int MaxDetailBytes = 256;

    public override string Name => name;

    // Until their cost beside a real workload is known for many machines, they are for those who ask for them.
    public override bool OnByDefault => false;

    public override bool UsesConnections => true;

    public override int RecordBytes => Unsafe.SizeOf<TRecord>();

    // One or two per connection, and connections take longer than attempts: 1 MiB on each of two CPUs hold 6500 ends, 100 ms
    // of what a CPU can open and close.
    public override int RingBudgetBytes => 2 << 20;

    public override IReadOnlyList<string> LayoutDifferences(BpfObject bpf) =>
        RecordLayout.Check<TRecord>(bpf, $"{name}_record");

    public override bool Decode(ReadOnlySpan<byte> bytes, EventEncoder encoder)
    {
        ref readonly var tcp = ref MemoryMarshal.AsRef<TcpRecord>(bytes);
        if (tcp.Direction > (byte)ConnectionDirection.Inbound || tcp.State > TcpStates.Max)
        {
            return false;
        }

        if ((tcp.Flags & TcpFlags.Process) != 0)
        {
            encoder.SetProcess(tcp.Pid, tcp.Tid, tcp.Uid, tcp.CgroupId, tcp.Command);
        }
        else
        {
            encoder.SetCgroup(tcp.CgroupId);
        }

        encoder.SetNetworkNamespace(tcp.NetworkNamespace);
        encoder.SetConnection(tcp.ConnectionId);
        encoder.SetProtocol(Tcp);
        encoder.SetSocketType(Stream);
        encoder.SetSource(tcp.Source, tcp.SourcePort);
        encoder.SetDestination(tcp.Destination, tcp.DestinationPort);
        Span<byte> buffer = stackalloc byte[MaxDetailBytes];
        var writer = new WireWriter(buffer);
        if (!TryWrite(MemoryMarshal.AsRef<TRecord>(bytes), ref writer, out var failed))
        {
            return false;
        }

        if (failed)
        {
            encoder.SetFailed();
        }

        Span<byte> message = stackalloc byte[MaxDetailBytes + 8];
        var outer = new WireWriter(message);
        outer.Bytes(detailField, writer.Written);
        encoder.Append(outer.Written);
        return true;
    }

    /// <summary>Writes the detail.</summary>
    /// <param name="record">Of any content, but for direction and state.</param>
    /// <param name="writer">Takes its fields.</param>
    /// <param name="failed">Whether the event reports a failure, as <see cref="EventFailure"/> says.</param>
    /// <returns>False where the record makes no sense.</returns>
    protected abstract bool TryWrite(in TRecord record, ref WireWriter writer, out bool failed);

    /// <summary>A field of type ConnectionDirection.</summary>
    protected static void WriteDirection(int field, in TcpRecord record, ref WireWriter writer)
    {
        if (record.Direction != 0)
        {
            writer.Varint(field, record.Direction);
        }
    }
}
