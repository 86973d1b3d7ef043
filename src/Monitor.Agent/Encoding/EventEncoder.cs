using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Encoding;

/// <summary>
/// Writes one event after the other: its protobuf bytes, and beside them the columns that the log filters by. A decoder
/// calls what its record has, in any order; what it does not call stays unset in the event. One thread; no allocation
/// for an event whose addresses and command were seen lately.
/// </summary>
internal sealed partial class EventEncoder
{
    /// <summary>An event is never longer: all fields at their longest take about 1900 bytes, 1250 of them names of nodes, pods,
    /// workloads and the destination; the longest detail, that of a user's own monitor, takes 6144.</summary>
    public const int MaxEventBytes = 8192;

    private readonly byte[] _buffer = new byte[MaxEventBytes];
    private readonly byte[] _idPrefix;
    private readonly byte[] _node;
    private readonly uint _nodeHash;
    private readonly byte[]?[] _protocols = new byte[]?[IpProtocols.MaxNumber + 1];
    private readonly FragmentCache _commands = new(256, EncodeCommand);
    private readonly FragmentCache _sources = new(1024, EncodeSource);
    private readonly FragmentCache _destinations = new(1024, EncodeDestination);
    private readonly PodLookup? _pods;
    private readonly EventPrivacy? _privacy;
    private readonly DestinationNames? _names;
    private int _length;
    private ulong _timestamp;
    private long _timeUnixNanos;
    private EventColumnsBuilder _columns;

    /// <param name="nodeName">Event.node_name of every event.</param>
    /// <param name="epoch">Identity of this run, the first half of every id.</param>
    /// <param name="pods">Names the pods of events. Null outside Kubernetes: then events have none of its fields.</param>
    /// <param name="privacy">What events leave out. Null: nothing.</param>
    /// <param name="names">Names destinations. Null: events have no names of theirs.</param>
    public EventEncoder(
        string nodeName, ulong epoch, PodLookup? pods = null, EventPrivacy? privacy = null, DestinationNames? names = null)
    {
        _pods = pods;
        _privacy = privacy;
        _names = names;
        _idPrefix = Text.ASCII.GetBytes($"{epoch:x16}-");
        var node = Text.UTF8.GetBytes(nodeName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(node.Length, ContractLimits.MaxNodeNameBytes);
        _node = Fragment((ref writer) =>
        {
            writer.Bytes(Event.NodeNameFieldNumber, node);
            if (pods is not null)
            {
                // The agent is told its node's name by Kubernetes, so both are the same.
                writer.Bytes(Event.K8SNodeNameFieldNumber, node);
            }
        });
        _nodeHash = EventColumns.Hash(node);
    }

    /// <summary>The event as it is so far; valid until the next Begin.</summary>
    public ReadOnlySpan<byte> Encoded => _buffer.AsSpan(0, _length);

    /// <summary>Its columns.</summary>
    public EventColumns Columns => _columns.Build();

    /// <summary>Starts the next event.</summary>
    /// <param name="type">The type, encoded as <see cref="EncodeType"/> does.</param>
    /// <param name="typeId">Its number in the log.</param>
    /// <param name="sequence">Its sequence.</param>
    /// <param name="timestamp">CLOCK_BOOTTIME, ns.</param>
    /// <param name="timeUnixNanos">The same moment as wall-clock time, ns since 1970.</param>
    public void Begin(ReadOnlySpan<byte> type, byte typeId, ulong sequence, ulong timestamp, long timeUnixNanos)
    {
        var writer = new WireWriter(_buffer);
        writer.Varint(Event.SequenceFieldNumber, sequence);
        var id = writer.Begin(Event.IdFieldNumber);
        writer.Fragment(_idPrefix);
        writer.Digits(sequence);
        writer.End(id);
        writer.Fragment(type);
        writer.Varint(Event.TimestampFieldNumber, timestamp);
        writer.SecondsAndNanos(Event.TimeFieldNumber, timeUnixNanos);
        writer.Fragment(_node);
        _length = writer.Length;
        _columns = new EventColumnsBuilder(timeUnixNanos, typeId);
        _columns.SetNodeName(_nodeHash);
        _timestamp = timestamp;
        _timeUnixNanos = timeUnixNanos;
        if (_pods is not null)
        {
            _columns.SetKubernetesNodeName(_nodeHash);
        }

        if (_names is not null)
        {
            BeginNames();
        }
    }

    /// <summary>The event reports a failure.</summary>
    public void SetFailed() => _columns.SetFailed();

    /// <summary>The process.</summary>
    public void SetProcess(uint pid, uint tid, uint uid, ulong cgroupId, ReadOnlySpan<byte> command)
    {
        var writer = new WireWriter(_buffer.AsSpan(_length));
        writer.Varint(Event.PidFieldNumber, pid);
        writer.Varint(Event.TidFieldNumber, tid);
        writer.Varint(Event.UidFieldNumber, uid);
        if (_privacy is not { HidesCommands: true })
        {
            writer.Fragment(_commands.Get(command, out var hash));
            _columns.SetCommand(hash);
        }

        writer.Varint(Event.CgroupIdFieldNumber, cgroupId);
        _length += writer.Length;
        _columns.SetPid(pid);
        if (_pods is not null)
        {
            SetPod(_pods.OfProcess(cgroupId, pid));
        }

        if (_names is not null)
        {
            SetNameScope(NameScope.OfProcess(cgroupId, pid));
        }
    }

    /// <summary>The cgroup of a socket whose process is not known.</summary>
    public void SetCgroup(ulong cgroupId)
    {
        if (cgroupId == 0)
        {
            return;
        }

        var writer = new WireWriter(_buffer.AsSpan(_length));
        writer.Varint(Event.CgroupIdFieldNumber, cgroupId);
        _length += writer.Length;
        if (_pods is not null)
        {
            SetPod(_pods.OfProcess(cgroupId, 0));
        }
    }

    /// <summary>The cookie of the socket; 0 is not known.</summary>
    public void SetConnection(ulong id)
    {
        if (id != 0)
        {
            var writer = new WireWriter(_buffer.AsSpan(_length));
            writer.Varint(Event.ConnectionIdFieldNumber, id);
            _length += writer.Length;
        }
    }

    /// <summary>No process caused the event: its pod can only be found by the addresses of the packet.</summary>
    /// <param name="source">16 bytes, IPv4 mapped; empty where the packet has none.</param>
    /// <param name="destination">As <paramref name="source"/>.</param>
    public void SetNoProcess(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        if (_pods is not null)
        {
            SetPod(_pods.OfPacket(source, destination, _timeUnixNanos));
        }
    }

    /// <summary>The network namespace; 0 is not known.</summary>
    public void SetNetworkNamespace(uint inode)
    {
        if (inode != 0)
        {
            var writer = new WireWriter(_buffer.AsSpan(_length));
            writer.Varint(Event.NetworkNamespaceFieldNumber, inode);
            _length += writer.Length;
        }
    }

    /// <summary>The protocol, by its number, at most <see cref="IpProtocols.MaxNumber"/>.</summary>
    public void SetProtocol(ushort number)
    {
        Append(_protocols[number] ??= EncodeProtocol(number));
        _columns.SetProtocol(number);
    }

    /// <summary>Type of the socket, as SOCK_STREAM and its like number it; 0 is not known.</summary>
    public void SetSocketType(ushort type)
    {
        if (type != 0)
        {
            Append(SocketTypes.Encoded(type));
        }
    }

    /// <summary>Fields that are encoded already, the detail for one.</summary>
    public void Append(ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(_buffer.AsSpan(_length));
        _length += encoded.Length;
    }

    /// <summary>The wall-clock time of a moment around the event.</summary>
    /// <param name="bootNanos">CLOCK_BOOTTIME, ns.</param>
    /// <returns>Nanoseconds since 1970; negative where there is no such time.</returns>
    public long ToUnixNanos(ulong bootNanos) => bootNanos > long.MaxValue ? -1 : unchecked(_timeUnixNanos + ((long)bootNanos - (long)_timestamp));

    /// <summary>The field Event.type.</summary>
    public static byte[] EncodeType(string type) =>
        Fragment((ref writer) => writer.Bytes(Event.TypeFieldNumber, Text.UTF8.GetBytes(type)));

    /// <summary>Fields made once, to be appended often.</summary>
    public static byte[] Fragment(WriteFields write)
    {
        Span<byte> buffer = stackalloc byte[MaxEventBytes];
        var writer = new WireWriter(buffer);
        write(ref writer);
        return writer.Written.ToArray();
    }

    internal delegate void WriteFields(ref WireWriter writer);

    private void SetPod(PodFields pod)
    {
        Append(pod.Encoded);
        if (pod.PodHash is { } name)
        {
            _columns.SetKubernetesPodName(name);
        }

        if (pod.NamespaceHash is { } inNamespace)
        {
            _columns.SetKubernetesNamespace(inNamespace);
        }

        if (_names is not null && pod is { PodHash: { } podName, NamespaceHash: { } podNamespace })
        {
            SetNameScope(NameScope.OfPod(podName, podNamespace));
        }
    }

    private static byte[] EncodeProtocol(ushort number) => Fragment(
        (ref writer) => writer.Bytes(Event.ProtocolFieldNumber, Text.ASCII.GetBytes(IpProtocols.Name(number))));

    private static uint EncodeCommand(scoped ReadOnlySpan<byte> command, ref WireWriter writer)
    {
        Span<byte> scratch = stackalloc byte[command.Length];
        var text = KernelText.Read(command, scratch);
        writer.Bytes(Event.CommandFieldNumber, text);
        return EventColumns.Hash(text);
    }
}
