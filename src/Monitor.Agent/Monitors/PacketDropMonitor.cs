using System.Globalization;
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
    private const ushort Ipv4 = 0x0800, Ipv6 = 0x86dd;

    // The kernel drops packets at some hundred places; only a hostile object could name more.
    private const int MaxPlaces = 4096;

    // The longest names in use have some 60 characters.
    private const int MaxNameLength = 200;

    // The kernel has some 130 reasons, and Wi-Fi about as many more.
    private const int MaxReasons = 4096;

    private readonly Dictionary<ulong, Place> _places = [];
    private readonly KernelSymbols _symbols = new();
    private int _symbolGeneration;
    private readonly Dictionary<uint, string> _reasonNames = [];
    private readonly Dictionary<uint, Reason> _reasons = [];
    private readonly Reason _notSpecified = Encode(DropReasons.NotSpecified, DropReasons.Find(DropReasons.NotSpecified));

    public override string Name => "packet_drop";

    public override string Description => "Packets that the kernel gave up, with the reason and the place.";

    public override IReadOnlyList<HookDefinition> Hooks { get; } =
        [new("kfree_skb", "skb/kfree_skb", HookRole.Required, HookAttach.Section)];

    public override bool UsesConnections => true;

    // Accept and close, which come before it by name, are the ones that fill it.
    public override bool OnlyAsksForConnections => true;

    public override int RecordBytes => Unsafe.SizeOf<PacketDropRecord>();

    public override IReadOnlyDictionary<uint, string> KernelNames => _reasonNames;

    public override IReadOnlyList<string> LayoutDifferences(BpfObject bpf) =>
        RecordLayout.Check<PacketDropRecord>(bpf, "packet_drop_record");

    public override void Configure(BpfObject bpf, KernelBtf? kernel, bool lastResort)
    {
        if (kernel is null)
        {
            return;
        }

        foreach (var (number, name) in DropReasonNames.Of(kernel))
        {
            _reasonNames.TryAdd(number, name);
            if (name == "NOT_DROPPED_YET")
            {
                bpf.SetGlobal("reason_not_dropped", (int)number);
            }
            else if (name == "CONSUMED")
            {
                bpf.SetGlobal("reason_consumed", (int)number);
            }
            else if (name == "QUEUE_PURGE")
            {
                bpf.SetGlobal("reason_queue_purge", (int)number);
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
        if ((record.Flags & PacketDropFlags.Cgroup) != 0)
        {
            encoder.SetCgroup(record.CgroupId);
        }
        else if ((record.Flags & PacketDropFlags.Process) == 0)
        {
            encoder.SetNoProcess(hasAddresses ? record.Source : [], hasAddresses ? record.Destination : []);
        }

        encoder.SetNetworkNamespace(record.NetworkNamespace);
        encoder.SetConnection(record.ConnectionId);
        if (hasAddresses)
        {
            var ports = (record.Flags & PacketDropFlags.Ports) != 0;
            encoder.SetProtocol(record.Protocol);
            encoder.SetSource(record.Source, ports ? record.SourcePort : null);
            encoder.SetDestination(record.Destination, ports ? record.DestinationPort : null);
        }

        // Reason, symbol and explanation have at most 200 bytes each, the rest about 60.
        Span<byte> buffer = stackalloc byte[768];
        var writer = new WireWriter(buffer);
        WriteDetail(record, ref writer);
        Span<byte> message = stackalloc byte[776];
        var outer = new WireWriter(message);
        outer.Bytes(Event.PacketDropFieldNumber, writer.Written);
        encoder.Append(outer.Written);
        return true;
    }

    private void WriteDetail(in PacketDropRecord record, ref WireWriter writer)
    {
        var hasReason = (record.Flags & PacketDropFlags.Reason) != 0;
        var reason = hasReason ? ReasonOf(record.Reason) : _notSpecified;
        var place = PlaceOf(record.Location);
        writer.Fragment(reason.Name);
        if (hasReason)
        {
            writer.Varint(PacketDropDetail.ReasonCodeFieldNumber, record.Reason);
        }

        writer.Fragment(place.Symbol);
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

        writer.Fragment(reason.IsNotSpecified && place.Explanation.Length > 0 ? place.Explanation : reason.Explanation);
    }

    private Place PlaceOf(ulong location)
    {
        if (_symbolGeneration != _symbols.Generation)
        {
            _symbolGeneration = _symbols.Generation;
            _places.Clear();
        }

        return _places.TryGetValue(location, out var known) ? known : FindPlace(location);
    }

    // Apart from PlaceOf, in which the closure would be allocated for every event.
    private Place FindPlace(ulong location)
    {
        var symbol = _symbols.Resolve(location);
        var place = symbol is null or { Length: > MaxNameLength }
            ? new Place([], [])
            : new Place(EncodeName(PacketDropDetail.SymbolFieldNumber, symbol), Encode(DropReasons.FindByPlace(symbol)));
        if (_places.Count < MaxPlaces)
        {
            _places[location] = place;
        }

        return place;
    }

    private Reason ReasonOf(uint number) => _reasons.TryGetValue(number, out var known) ? known : FindReason(number);

    private Reason FindReason(uint number)
    {
        var name = _reasonNames.GetValueOrDefault(number);
        var explanation = name is null ? null : DropReasons.Find(name);
        if (explanation is null && _reasonNames.TryGetValue(number & DropReasonNames.SubsystemMask, out var subsystem))
        {
            explanation = DropReasons.Find(subsystem);
        }

        var reason = Encode(name ?? string.Create(CultureInfo.InvariantCulture, $"{number}"), explanation);
        if (_reasons.Count < MaxReasons)
        {
            _reasons[number] = reason;
        }

        return reason;
    }

    private static Reason Encode(string name, DropExplanation? explanation) => new(
        EncodeName(PacketDropDetail.ReasonFieldNumber, name), Encode(explanation), name == DropReasons.NotSpecified);

    private static byte[] EncodeName(int field, string name) => EventEncoder.Fragment((ref writer) =>
        writer.Bytes(field, System.Text.Encoding.ASCII.GetBytes(name[..Math.Min(name.Length, MaxNameLength)])));

    private static byte[] Encode(DropExplanation? explanation) => explanation is not { } known ? [] : EventEncoder.Fragment((ref writer) =>
    {
        if (known.Severity != DropSeverity.Unspecified)
        {
            writer.Varint(PacketDropDetail.SeverityFieldNumber, (uint)known.Severity);
        }

        writer.Bytes(PacketDropDetail.ExplanationFieldNumber, System.Text.Encoding.UTF8.GetBytes(known.Text));
    });

    // Encoded fields of the detail; empty where it has none.
    private readonly record struct Place(byte[] Symbol, byte[] Explanation);

    private readonly record struct Reason(byte[] Name, byte[] Explanation, bool IsNotSpecified);
}
