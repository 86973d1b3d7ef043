using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// An <see cref="EventFilter"/>, checked and prepared for millions of events. Fields are ANDed, the values of a
/// field are ORed. Immutable; any thread, any log.
/// </summary>
public sealed class EventFilterPlan
{
    // Which flags must be as in _flags; both are final once the constructor is done.
    private ColumnFlags _flagMask = ColumnFlags.Loss;
    private ColumnFlags _flags;
    private readonly UInt32Set? _pids;
    private readonly UInt32Set? _sourcePorts;
    private readonly UInt32Set? _destinationPorts;
    private readonly UInt32Set? _protocolCodes;
    private readonly int[] _otherProtocols = [];
    private readonly AddressSet? _sources;
    private readonly AddressSet? _destinations;
    private readonly NameSet? _types;
    private readonly NameSet? _commands;
    private readonly NameSet? _nodes;
    private readonly NameSet? _kubernetesNodes;
    private readonly NameSet? _pods;
    private readonly NameSet? _namespaces;

    // What has no column: only the bytes of the event tell.
    private readonly NameSet[] _otherNames;
    private readonly HashSet<ulong>? _connections;
    private readonly FieldCondition[] _fields;
    private readonly bool _byNames;
    private readonly Lazy<ulong[][]> _valueHashes;

    private EventFilterPlan(EventFilter filter)
    {
        Canonical = new EventFilter();
        (Since, Until) = FilterReader.Times(filter, Canonical);
        _types = Names(EventTags.Type, FilterReader.Names("type", filter.Type, Canonical.Type), hash => hash);
        _commands = Names(EventTags.Command, FilterReader.Names("command", filter.Command, Canonical.Command), Column16);
        _kubernetesNodes = Names(
            EventTags.KubernetesNodeName,
            FilterReader.Names("k8s_node_name", filter.K8SNodeName, Canonical.K8SNodeName),
            Column8);
        _pods = Names(
            EventTags.KubernetesPodName,
            FilterReader.Names("k8s_pod_name", filter.K8SPodName, Canonical.K8SPodName),
            Column16);
        _namespaces = Names(
            EventTags.KubernetesNamespace,
            FilterReader.Names("k8s_namespace", filter.K8SNamespace, Canonical.K8SNamespace),
            Column16);
        _nodes = Names(EventTags.NodeName, FilterReader.Names("node_name", filter.NodeName, Canonical.NodeName), Column8);
        _pids = Numbers(FilterReader.Numbers("pid", filter.Pid, Canonical.Pid, uint.MaxValue), ColumnFlags.HasPid);
        _sourcePorts = Numbers(
            FilterReader.Numbers("source_port", filter.SourcePort, Canonical.SourcePort, ushort.MaxValue),
            ColumnFlags.HasSourcePort);
        _destinationPorts = Numbers(
            FilterReader.Numbers("destination_port", filter.DestinationPort, Canonical.DestinationPort, ushort.MaxValue),
            ColumnFlags.HasDestinationPort);
        _sources = Addresses(
            FilterReader.Addresses("source_ip", filter.SourceIp, Canonical.SourceIp), ColumnFlags.HasSource);
        _destinations = Addresses(
            FilterReader.Addresses("destination_ip", filter.DestinationIp, Canonical.DestinationIp),
            ColumnFlags.HasDestination);

        var protocols = FilterReader.Protocols(filter, Canonical);
        _protocolCodes = Numbers(
            [.. protocols.Select(number => (uint)Math.Min(number, EventColumns.OtherProtocol))],
            ColumnFlags.HasProtocol);
        _otherProtocols = [.. protocols.Where(number => number >= EventColumns.OtherProtocol)];
        if (filter.HasFailed)
        {
            Canonical.Failed = filter.Failed;
            _flagMask |= ColumnFlags.Failed;
            _flags |= filter.Failed ? ColumnFlags.Failed : ColumnFlags.None;
        }

        NameSet?[] names =
        [
            Names(EventTags.KubernetesWorkloadName, FilterReader.Names("k8s_workload_name", filter.K8SWorkloadName, Canonical.K8SWorkloadName), hash => hash),
            Names(EventTags.DestinationName, FilterReader.Names("destination_name", filter.DestinationName, Canonical.DestinationName), hash => hash),
        ];
        NameSet?[] peers =
        [
            Names(EventTags.PeerPodName, FilterReader.Names("peer_pod_name", filter.PeerPodName, Canonical.PeerPodName), hash => hash),
            Names(EventTags.PeerNamespace, FilterReader.Names("peer_namespace", filter.PeerNamespace, Canonical.PeerNamespace), hash => hash),
            Names(EventTags.PeerWorkloadName, FilterReader.Names("peer_workload_name", filter.PeerWorkloadName, Canonical.PeerWorkloadName), hash => hash),
            Names(EventTags.PeerServiceName, FilterReader.Names("peer_service_name", filter.PeerServiceName, Canonical.PeerServiceName), hash => hash),
            Names(EventTags.PeerNodeName, FilterReader.Names("peer_node_name", filter.PeerNodeName, Canonical.PeerNodeName), hash => hash),
        ];
        _otherNames = [.. peers.Concat(names).OfType<NameSet>()];
        if (peers.Any(peer => peer is not null))
        {
            Require(ColumnFlags.HasPeer);
        }

        var connections = FilterReader.Numbers("connection_id", filter.ConnectionId, Canonical.ConnectionId, ulong.MaxValue);
        _connections = connections.Count == 0 ? null : [.. connections];
        _fields = [.. FieldCondition.Read(FilterReader.Names("field", filter.Field, Canonical.Field))];
        _byNames = _fields.Length > 0 || _connections is not null || _otherNames.Length > 0 || _commands is not null || _kubernetesNodes is not null || _pods is not null
            || _namespaces is not null || _nodes is not null;
        ByTypeAndTime = !_byNames && _flagMask == ColumnFlags.Loss;
        MatchesAll = ByTypeAndTime && _types is null && Since == long.MinValue && Until == long.MaxValue;
        var others = Canonical.Clone();
        others.Type.Clear();
        others.NodeName.Clear();
        others.K8SNamespace.Clear();
        others.ClearFailed();
        others.Since = null;
        others.Until = null;
        ByCounts = others.CalculateSize() == 0;
        _valueHashes = new Lazy<ulong[][]>(() => ValueIndex.HashesOf(Canonical));
    }

    /// <summary>The filter that matches everything.</summary>
    public static EventFilterPlan All { get; } = new(new EventFilter());

    /// <summary>The filter in canonical form: without repeated values, addresses and protocols in one form each.</summary>
    public EventFilter Canonical { get; }

    /// <summary>Whether it matches every event.</summary>
    public bool MatchesAll { get; }

    /// <summary>Earliest time, inclusive; long.MinValue without a bound.</summary>
    internal long Since { get; }

    /// <summary>Latest time, exclusive; long.MaxValue without a bound.</summary>
    internal long Until { get; }

    /// <summary>Whether only the type and the time decide.</summary>
    internal bool ByTypeAndTime { get; }

    /// <summary>Whether only what <see cref="SegmentCounts"/> have decides, and the time.</summary>
    internal bool ByCounts { get; }

    /// <inheritdoc cref="ValueIndex.HashesOf"/>
    internal ulong[][] ValueHashes => _valueHashes.Value;

    /// <summary>Whether the type decides.</summary>
    internal bool ByType => _types is not null;

    /// <summary>Whether the namespace decides.</summary>
    internal bool ByNamespace => _namespaces is not null;

    /// <summary>Checks a filter and prepares it.</summary>
    /// <param name="filter">The filter; null matches everything. The plan does not keep it.</param>
    /// <exception cref="FilterException">A value is not accepted; the message names the field and the accepted values.</exception>
    public static EventFilterPlan Compile(EventFilter? filter) => filter is null ? All : new EventFilterPlan(filter);

    /// <summary>
    /// A hash of what the filter selects: the same for the same fields and values in any order, in every process.
    /// </summary>
    public ulong Fingerprint()
    {
        var sorted = Canonical.Clone();
        Sort(sorted.Type, StringComparer.Ordinal);
        Sort(sorted.Command, StringComparer.Ordinal);
        Sort(sorted.K8SNodeName, StringComparer.Ordinal);
        Sort(sorted.K8SPodName, StringComparer.Ordinal);
        Sort(sorted.K8SNamespace, StringComparer.Ordinal);
        Sort(sorted.NodeName, StringComparer.Ordinal);
        Sort(sorted.K8SWorkloadName, StringComparer.Ordinal);
        Sort(sorted.PeerPodName, StringComparer.Ordinal);
        Sort(sorted.PeerNamespace, StringComparer.Ordinal);
        Sort(sorted.PeerWorkloadName, StringComparer.Ordinal);
        Sort(sorted.PeerServiceName, StringComparer.Ordinal);
        Sort(sorted.PeerNodeName, StringComparer.Ordinal);
        Sort(sorted.DestinationName, StringComparer.Ordinal);
        Sort(sorted.Field, StringComparer.Ordinal);
        Sort(sorted.ConnectionId, Comparer<ulong>.Default);
        Sort(sorted.SourceIp, StringComparer.Ordinal);
        Sort(sorted.DestinationIp, StringComparer.Ordinal);
        Sort(sorted.Protocol, StringComparer.Ordinal);
        Sort(sorted.Pid, Comparer<uint>.Default);
        Sort(sorted.SourcePort, Comparer<uint>.Default);
        Sort(sorted.DestinationPort, Comparer<uint>.Default);
        return BitConverter.ToUInt64(SHA256.HashData(sorted.ToByteArray()));
    }

    /// <summary>Whether an event of this type can match.</summary>
    internal bool SelectsType(ReadOnlySpan<byte> type) => _types is null || _types.Contains(type);

    /// <summary>Whether what it asks of fields of users' own monitors holds for an encoded event. The other fields are not looked at.</summary>
    public bool MatchesFields(ReadOnlySpan<byte> encodedEvent) => _fields.Length == 0 || MatchesFields(encodedEvent, unique: false);

    /// <summary>Whether the filter can match events that this loss stands for.</summary>
    public bool Concerns(Loss loss) =>
        (_types is null || loss.Type.Length == 0 || _types.Contains(loss.Type))
        && (_nodes is null || loss.NodeName.Length == 0 || _nodes.Contains(loss.NodeName));

    /// <summary>Whether events of a kind match, where <see cref="ByCounts"/> is true, but for their times.</summary>
    internal bool Matches(SegmentCounts counts, in SegmentCounts.Kind kind) =>
        (_types is null || _types.Contains(counts.Names[kind.Type]))
        && (_nodes is null || (kind.Node != 0 && _nodes.Contains(counts.Names[kind.Node])))
        && (_namespaces is null || (kind.Namespace != 0 && _namespaces.Contains(counts.Names[kind.Namespace])))
        && ((_flagMask & ColumnFlags.Failed) == 0 || kind.Failed == ((_flags & ColumnFlags.Failed) != 0));

    /// <summary>Whether an entry of a segment is an event that matches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Matches(Segment segment, int index, TypeSelection types)
    {
        ref readonly var columns = ref segment.Columns(index);
        // The namespace first: how long a reader of some namespaces waits then says nothing of the events of others.
        return (_namespaces is null || _namespaces.ContainsColumn(columns.NamespaceHash))
            && (columns.Flags & _flagMask) == _flags
            && types.Contains(columns.Type)
            && columns.Time >= Since
            && (columns.Time < Until || Until == long.MaxValue)
            && (ByTypeAndTime || MatchesColumns(columns))
            && (!NeedsBytes(columns) || MatchesBytes(columns, segment.Message(index)));
    }

    // In the order of the columns, and the cheap ones first.
    private bool MatchesColumns(in EventColumns columns) =>
        (_pids is null || _pids.Contains(columns.PidValue))
        && (_sourcePorts is null || _sourcePorts.Contains(columns.SourcePortValue))
        && (_destinationPorts is null || _destinationPorts.Contains(columns.DestinationPortValue))
        && (_protocolCodes is null || _protocolCodes.Contains(columns.ProtocolCode))
        && (_sources is null || _sources.Contains(columns.SourceHigh, columns.SourceLow))
        && (_destinations is null || _destinations.Contains(columns.DestinationHigh, columns.DestinationLow))
        && (!_byNames || MatchesHashes(columns));

    private bool MatchesHashes(in EventColumns columns) =>
        (_commands is null || _commands.ContainsColumn(columns.CommandHash))
        && (_pods is null || _pods.ContainsColumn(columns.PodHash))
        && (_nodes is null || _nodes.ContainsColumn(columns.NodeHash))
        && (_kubernetesNodes is null || _kubernetesNodes.ContainsColumn(columns.KubernetesNodeHash));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool NeedsBytes(in EventColumns columns) =>
        _byNames
        || columns.Type == EventTypeTable.Other && _types is not null
        || columns.ProtocolCode == EventColumns.OtherProtocol && _protocolCodes is not null;

    private bool MatchesBytes(in EventColumns columns, ReadOnlySpan<byte> message)
    {
        var unique = (columns.Flags & ColumnFlags.Unique) != 0;
        return (_connections is null
                || EventField.TryFindNumber(message, EventTags.ConnectionId, unique, out var id) && _connections.Contains(id))
            && (_types is null || columns.Type != EventTypeTable.Other || _types.Matches(message, unique))
            && (_protocolCodes is null || columns.ProtocolCode != EventColumns.OtherProtocol
                || MatchesOtherProtocol(message, unique))
            && (_commands is null || _commands.Matches(message, unique))
            && (_pods is null || _pods.Matches(message, unique))
            && (_namespaces is null || _namespaces.Matches(message, unique))
            && (_nodes is null || _nodes.Matches(message, unique))
            && (_kubernetesNodes is null || _kubernetesNodes.Matches(message, unique))
            && MatchesOtherNames(message, unique)
            && (_fields.Length == 0 || MatchesFields(message, unique));
    }

    private bool MatchesFields(ReadOnlySpan<byte> message, bool unique)
    {
        if (!EventField.TryFind(message, EventTags.Custom, unique, out var detail))
        {
            return false;
        }

        foreach (var condition in _fields)
        {
            if (!condition.Matches(detail))
            {
                return false;
            }
        }

        return true;
    }

    private bool MatchesOtherNames(ReadOnlySpan<byte> message, bool unique)
    {
        foreach (var names in _otherNames)
        {
            if (!names.Matches(message, unique))
            {
                return false;
            }
        }

        return true;
    }

    private bool MatchesOtherProtocol(ReadOnlySpan<byte> message, bool unique)
    {
        if (!EventField.TryFind(message, EventTags.Protocol, unique, out var text))
        {
            return false;
        }

        foreach (var number in _otherProtocols)
        {
            if (ProtocolText.Names(text, number))
            {
                return true;
            }
        }

        return false;
    }

    private static NameSet? Names(uint tag, RepeatedField<string> names, Func<uint, uint> column) =>
        names.Count == 0 ? null : new NameSet(tag, names, column);

    private static uint Column16(uint hash) => NameHash.To16(hash);

    private static uint Column8(uint hash) => NameHash.To8(hash);

    private static void Sort<T>(RepeatedField<T> values, IComparer<T> order)
    {
        var sorted = values.Order(order).ToList();
        values.Clear();
        values.AddRange(sorted);
    }

    private UInt32Set? Numbers(RepeatedField<uint> values, ColumnFlags has)
    {
        if (values.Count == 0)
        {
            return null;
        }

        Require(has);
        return new UInt32Set(values);
    }

    private AddressSet? Addresses(List<AddressBlock> blocks, ColumnFlags has)
    {
        if (blocks.Count == 0)
        {
            return null;
        }

        Require(has);
        return new AddressSet(blocks);
    }

    private void Require(ColumnFlags has)
    {
        _flagMask |= has;
        _flags |= has;
    }
}
