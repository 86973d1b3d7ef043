using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Monitor.Agent.Encoding;
using Monitor.Bpf;
using Monitor.Bpf.Btf;
using Monitor.Bpf.Kernel;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>Packets that the kernel gives up; see bpf/packet_drop.bpf.c.</summary>
internal sealed class PacketDropMonitor : MonitorDefinition
{
    private const string ReasonEnum = "skb_drop_reason";
    private const ushort Ipv4 = 0x0800, Ipv6 = 0x86dd;

    // The kernel drops packets at some hundred places; only a hostile object could name more.
    private const int MaxPlaces = 4096;

    // The longest names in use have some 60 characters.
    private const int MaxNameLength = 200;

    private readonly Dictionary<ulong, byte[]> _places = [];
    private readonly KernelSymbols _symbols = new();
    private readonly Dictionary<uint, string> _reasonNames = [];
    private readonly Dictionary<uint, byte[]> _reasons = [];

    public override string Name => "packet_drop";

    public override string Description => "Packets that the kernel gave up, with the reason and the place.";

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
        [new("kfree_skb", "skb/kfree_skb", HookRole.Required, HookAttach.Section)];

    public override int RecordBytes => Unsafe.SizeOf<PacketDropRecord>();

    public override IReadOnlyDictionary<uint, string> KernelNames => _reasonNames;

    public override IReadOnlyList<string> LayoutDifferences(BpfObject bpf) =>
        RecordLayout.Check<PacketDropRecord>(bpf, "packet_drop_record");

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort)
    {
        // The numbers change between kernels: they are this kernel's own.
        var reasons = kernel?.FindEnum(ReasonEnum) ?? [];
        foreach (var reason in reasons)
        {
            _reasonNames.TryAdd((uint)reason.Value, ShortName(reason.Name));
            if (reason.Name == "SKB_NOT_DROPPED_YET")
            {
                bpf.SetGlobal("reason_not_dropped", (int)reason.Value);
            }
            else if (reason.Name == "SKB_CONSUMED")
            {
                bpf.SetGlobal("reason_consumed", (int)reason.Value);
            }
        }

        EncodeReasons();
    }

    public override void UseKernelNames(IReadOnlyDictionary<uint, string> names)
    {
        foreach (var (number, name) in names)
        {
            _reasonNames[number] = name;
        }

        EncodeReasons();
    }

    // It takes a tenth of a second.
    public override void Prepare() => _ = _symbols.IsAvailable;

    public override bool Decode(ReadOnlySpan<byte> bytes, EventEncoder encoder)
    {
        ref readonly var record = ref MemoryMarshal.AsRef<PacketDropRecord>(bytes);
        if (record.Protocol > IpProtocols.MaxNumber)
        {
            return false;
        }

        encoder.SetFailed();
        if ((record.Flags & PacketDropFlags.Process) != 0)
        {
            encoder.SetProcess(record.Pid, record.Tid, record.Uid, record.CgroupId, record.Command);
        }

        var hasAddresses = (record.Flags & PacketDropFlags.Addresses) != 0;
        if ((record.Flags & PacketDropFlags.Process) == 0)
        {
            encoder.SetNoProcess(hasAddresses ? record.Source : [], hasAddresses ? record.Destination : []);
        }

        encoder.SetNetworkNamespace(record.NetworkNamespace);
        if (hasAddresses)
        {
            var ports = (record.Flags & PacketDropFlags.Ports) != 0;
            encoder.SetProtocol(record.Protocol);
            encoder.SetSource(record.Source, ports ? record.SourcePort : null);
            encoder.SetDestination(record.Destination, ports ? record.DestinationPort : null);
        }

        // The longest reason and symbol that exist take about 60 bytes each.
        Span<byte> buffer = stackalloc byte[512];
        var writer = new WireWriter(buffer);
        WriteDetail(record, ref writer);
        Span<byte> message = stackalloc byte[520];
        var outer = new WireWriter(message);
        outer.Bytes(Event.PacketDropFieldNumber, writer.Written);
        encoder.Append(outer.Written);
        return true;
    }

    private void WriteDetail(in PacketDropRecord record, ref WireWriter writer)
    {
        if ((record.Flags & PacketDropFlags.Reason) != 0)
        {
            writer.Fragment(_reasons.TryGetValue(record.Reason, out var reason) ? reason : EncodeReason($"{record.Reason}"));
            writer.Varint(PacketDropDetail.ReasonCodeFieldNumber, record.Reason);
        }
        else
        {
            writer.Bytes(PacketDropDetail.ReasonFieldNumber, "NOT_SPECIFIED"u8);
        }

        writer.Fragment(Place(record.Location));
        writer.Varint(PacketDropDetail.LengthFieldNumber, record.Length);
        if (record.InterfaceIndex != 0)
        {
            Span<byte> scratch = stackalloc byte[16];
            writer.Bytes(PacketDropDetail.InterfaceFieldNumber, KernelText.Read(record.Interface, scratch));
            writer.Varint(PacketDropDetail.InterfaceIndexFieldNumber, record.InterfaceIndex);
        }

        if (record.EthernetProtocol is not (0 or Ipv4 or Ipv6))
        {
            writer.Varint(PacketDropDetail.EthernetProtocolFieldNumber, record.EthernetProtocol);
        }

        if ((record.Flags & PacketDropFlags.Icmp) != 0)
        {
            writer.Varint(PacketDropDetail.IcmpTypeFieldNumber, record.IcmpType);
            writer.Varint(PacketDropDetail.IcmpCodeFieldNumber, record.IcmpCode);
        }
    }

    private byte[] Place(ulong location) =>
        _places.TryGetValue(location, out var known) ? known : EncodePlace(location);

    // Apart from Place, in which the closure would be allocated for every event.
    private byte[] EncodePlace(ulong location)
    {
        var symbol = _symbols.Resolve(location);
        var place = symbol is null or { Length: > MaxNameLength } ? [] : EventEncoder.Fragment((ref writer) =>
            writer.Bytes(PacketDropDetail.SymbolFieldNumber, System.Text.Encoding.ASCII.GetBytes(symbol)));
        if (_places.Count < MaxPlaces)
        {
            _places[location] = place;
        }

        return place;
    }

    private void EncodeReasons()
    {
        foreach (var (number, name) in _reasonNames)
        {
            _reasons[number] = EncodeReason(name);
        }
    }

    private static string ShortName(string name) =>
        name.StartsWith("SKB_DROP_REASON_", StringComparison.Ordinal) ? name["SKB_DROP_REASON_".Length..]
        : name.StartsWith("SKB_", StringComparison.Ordinal) ? name["SKB_".Length..]
        : name;

    private static byte[] EncodeReason(string name) => EventEncoder.Fragment((ref writer) => writer.Bytes(
        PacketDropDetail.ReasonFieldNumber, System.Text.Encoding.ASCII.GetBytes(name[..Math.Min(name.Length, MaxNameLength)])));
}
