using System.Globalization;
using System.Net;
using ClickHouse.Driver.ADO.Parameters;
using Google.Protobuf.Collections;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.ClickHouse.Reading;

/// <summary>
/// The conditions of a query, and its parameters. The text is made of constants: whatever comes from a client is a parameter,
/// which ClickHouse never reads as SQL.
/// </summary>
internal sealed class FilterSql
{
    private const string MappedFirst = "toIPv6('::ffff:0.0.0.0')";
    private const string MappedLast = "toIPv6('::ffff:255.255.255.255')";

    // ClickHouse takes 128 KiB of one parameter (http_max_field_value_size): a name has at most 256 bytes, each of which may be
    // escaped.
    private const int MaxNames = 200;

    private readonly List<string> _conditions = [];
    private readonly List<ClickHouseDbParameter> _parameters = [];

    /// <param name="filter">A filter in canonical form, as <see cref="Events.EventFilterPlan"/> makes it. Of its conditions on
    /// fields of users' own monitors nothing is here: they are in no column.</param>
    public FilterSql(EventFilter filter)
    {
        Names("type", filter.Type);
        Names("command", filter.Command);
        Names("node_name", filter.NodeName);
        Names("k8s_node_name", filter.K8SNodeName);
        Names("k8s_pod_name", filter.K8SPodName);
        Names("k8s_namespace", filter.K8SNamespace);
        Names("k8s_workload_name", filter.K8SWorkloadName);
        Names("peer_pod_name", filter.PeerPodName);
        Names("peer_namespace", filter.PeerNamespace);
        Names("peer_workload_name", filter.PeerWorkloadName);
        Names("peer_service_name", filter.PeerServiceName);
        Names("peer_node_name", filter.PeerNodeName);
        Names("destination_name", filter.DestinationName);
        Names("protocol", filter.Protocol);
        Numbers("pid", "UInt32", filter.Pid);
        Numbers("source_port", "UInt16", filter.SourcePort);
        Numbers("destination_port", "UInt16", filter.DestinationPort);
        Numbers("connection_id", "UInt64", filter.ConnectionId);
        Addresses("source_ip", filter.SourceIp);
        Addresses("destination_ip", filter.DestinationIp);
        if (filter.HasFailed)
        {
            Add("failed = {failed:Bool}", ("failed", "Bool", filter.Failed));
        }

        if (filter.Since is { } since)
        {
            AddTime("time >=", "since", UnixNanos.From(since)!.Value);
        }

        if (filter.Until is { } until)
        {
            Before(UnixNanos.From(until)!.Value);
        }
    }

    /// <summary>The conditions, all of which must hold.</summary>
    public string Where => _conditions.Count == 0 ? "1" : string.Join(" AND ", _conditions);

    /// <summary>The parameters.</summary>
    public IReadOnlyList<ClickHouseDbParameter> Parameters => _parameters;

    /// <summary>One more condition: before this time.</summary>
    public void Before(long unixNanos) => AddTime("time <", string.Create(CultureInfo.InvariantCulture, $"before{_parameters.Count}"), unixNanos);

    /// <summary>One more condition: after this event in a list.</summary>
    /// <param name="key">The event.</param>
    /// <param name="oldestFirst">The order of the list.</param>
    public void After(Server.EventKey key, bool oldestFirst)
    {
        var comparison = oldestFirst ? '>' : '<';
        // The time alone first: it is what the index of the table knows.
        AddTime($"time {comparison}=", "after_time", key.Time);
        Add(
            $"(toUnixTimestamp64Nano(time), epoch, sequence) {comparison} ({{after_nanos:Int64}}, {{after_epoch:UInt64}}, {{after_sequence:UInt64}})",
            ("after_nanos", "Int64", key.Time), ("after_epoch", "UInt64", key.Epoch), ("after_sequence", "UInt64", key.Sequence));
    }

    /// <summary>One more condition: this event.</summary>
    public void Is(ulong epoch, ulong sequence) =>
        Add("epoch = {epoch:UInt64} AND sequence = {sequence:UInt64}", ("epoch", "UInt64", epoch), ("sequence", "UInt64", sequence));

    /// <summary>One more condition: in these parts of runs.</summary>
    public void In(Server.ArchiveRuns runs) => RunsSql.Add(runs, "epoch", "sequence", Add);

    /// <summary>A parameter for the driver.</summary>
    public static ClickHouseDbParameter ParameterOf((string Name, string Type, object Value) parameter) =>
        new() { ParameterName = parameter.Name, ClickHouseType = parameter.Type, Value = parameter.Value };

    private void AddTime(string condition, string name, long unixNanos) =>
        Add($"{condition} fromUnixTimestamp64Nano({{{name}:Int64}}, 'UTC')", (name, "Int64", unixNanos));

    private void Names(string column, RepeatedField<string> values)
    {
        if (values.Count > 0)
        {
            var parts = values.Chunk(MaxNames).Select((part, index) => (Name: $"{column}_{index}", Part: part)).ToList();
            Add(
                string.Join(" OR ", parts.Select(part => $"{column} IN {{{part.Name}:Array(String)}}")),
                [.. parts.Select(part => (part.Name, "Array(String)", (object)part.Part))]);
        }
    }

    private void Numbers<T>(string column, string type, RepeatedField<T> values)
    {
        if (values.Count > 0)
        {
            Add($"{column} IN {{{column}:Array({type})}}", (column, $"Array({type})", values.ToArray()));
        }
    }

    // As in the log: a block of IPv6 has no IPv4 in it, though ::/0 is wider than ::ffff:0:0/96.
    private void Addresses(string column, RepeatedField<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        var blocks = values.Select(AddressRange.Parse).ToList();
        Add(
            $"isNotNull({column}) AND arrayExists((first, last, v6) -> assumeNotNull({column}) BETWEEN toIPv6(first) AND toIPv6(last) "
            + $"AND (v6 = 0 OR NOT (assumeNotNull({column}) BETWEEN {MappedFirst} AND {MappedLast})), "
            + $"{{{column}_first:Array(String)}}, {{{column}_last:Array(String)}}, {{{column}_v6:Array(UInt8)}})",
            ($"{column}_first", "Array(String)", blocks.Select(block => block.First.ToString()).ToArray()),
            ($"{column}_last", "Array(String)", blocks.Select(block => block.Last.ToString()).ToArray()),
            ($"{column}_v6", "Array(UInt8)", blocks.Select(block => block.IsV6 ? (byte)1 : (byte)0).ToArray()));
    }

    private void Add(string condition, params IEnumerable<(string Name, string Type, object Value)> parameters)
    {
        _conditions.Add($"({condition})");
        _parameters.AddRange(parameters.Select(ParameterOf));
    }

    /// <summary>A block of addresses in the form of the table.</summary>
    private readonly record struct AddressRange(IPAddress First, IPAddress Last, bool IsV6)
    {
        private const int Bytes = 16;

        public static AddressRange Parse(string canonical)
        {
            var slash = canonical.IndexOf('/', StringComparison.Ordinal);
            var address = IPAddress.Parse(slash < 0 ? canonical : canonical[..slash]);
            var isV4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
            var prefix = slash < 0 ? 8 * Bytes : int.Parse(canonical[(slash + 1)..], CultureInfo.InvariantCulture) + (isV4 ? 96 : 0);
            var first = address.MapToIPv6().GetAddressBytes();
            var last = (byte[])first.Clone();
            for (var bit = prefix; bit < 8 * Bytes; bit++)
            {
                last[bit / 8] |= (byte)(0x80 >> (bit % 8));
            }

            return new AddressRange(new IPAddress(first), new IPAddress(last), !isV4);
        }
    }
}
