using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.Collections;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Which open connections match: as an <see cref="EventFilterPlan"/>, for messages. Immutable.</summary>
public sealed class ConnectionFilter
{
    private readonly List<Func<OpenConnection, bool>> _conditions = [];
    private readonly HashSet<string> _states;
    private readonly HashSet<string>? _nodes;

    private ConnectionFilter(EventFilterPlan plan, IReadOnlyList<string> states)
    {
        Canonical = plan.Canonical;
        States = states;
        _states = [.. states];
        _nodes = Canonical.NodeName.Count == 0 ? null : [.. Canonical.NodeName];
        Fingerprint = plan.Fingerprint()
            ^ BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(',', states))));
        AddNames(Canonical.Command, static c => c.Command);
        AddNames(Canonical.K8SNodeName, static c => c.K8SNodeName);
        AddNames(Canonical.K8SPodName, static c => c.K8SPodName);
        AddNames(Canonical.K8SNamespace, static c => c.K8SNamespace);
        AddNames(Canonical.K8SWorkloadName, static c => c.K8SWorkloadName);
        AddNames(Canonical.Protocol, static c => c.Protocol);
        AddNames(Canonical.PeerPodName, static c => c.PeerPodName);
        AddNames(Canonical.PeerNamespace, static c => c.PeerNamespace);
        AddNames(Canonical.PeerWorkloadName, static c => c.PeerWorkloadName);
        AddNames(Canonical.PeerServiceName, static c => c.PeerServiceName);
        AddNames(Canonical.PeerNodeName, static c => c.PeerNodeName);
        AddNumbers(Canonical.SourcePort, static c => c.HasSourcePort ? c.SourcePort : null);
        AddNumbers(Canonical.DestinationPort, static c => c.HasDestinationPort ? c.DestinationPort : null);
        AddAddresses(Canonical.SourceIp, static c => c.SourceIp);
        AddAddresses(Canonical.DestinationIp, static c => c.DestinationIp);
        if (Canonical.Pid.Count > 0)
        {
            var pids = new UInt32Set(Canonical.Pid);
            _conditions.Add(c => (c.HasPid && pids.Contains(c.Pid)) || c.OtherPid.Any(pids.Contains));
        }
    }

    /// <summary>The filter in canonical form.</summary>
    public EventFilter Canonical { get; }

    /// <summary>The states, in canonical form; at least one.</summary>
    public IReadOnlyList<string> States { get; }

    /// <summary>The same for the same fields and values in any order.</summary>
    public ulong Fingerprint { get; }

    /// <summary>Whether the other side decides, which only an aggregator may know.</summary>
    public bool AsksForPeers =>
        Canonical.PeerPodName.Count + Canonical.PeerNamespace.Count + Canonical.PeerWorkloadName.Count
        + Canonical.PeerServiceName.Count + Canonical.PeerNodeName.Count > 0;

    /// <summary>Checks a filter and prepares it.</summary>
    /// <exception cref="FilterException">A value is not accepted.</exception>
    public static ConnectionFilter Compile(EventFilter filter, IReadOnlyList<string> states) =>
        new(EventFilterPlan.Compile(filter), ConnectionStates.Read(states));

    /// <summary>The same, without what is asked of the other side.</summary>
    public ConnectionFilter WithoutPeers()
    {
        var filter = Canonical.Clone();
        filter.PeerPodName.Clear();
        filter.PeerNamespace.Clear();
        filter.PeerWorkloadName.Clear();
        filter.PeerServiceName.Clear();
        filter.PeerNodeName.Clear();
        return Compile(filter, States);
    }

    /// <summary>Whether sockets in that state match.</summary>
    public bool MatchesState(string state) => _states.Contains(state);

    /// <summary>Whether connections of that node can match.</summary>
    public bool MatchesNode(string nodeName) => _nodes is null || _nodes.Contains(nodeName);

    /// <summary>Whether a connection matches.</summary>
    public bool Matches(OpenConnection connection)
    {
        if (!_states.Contains(connection.State) || !MatchesNode(connection.NodeName))
        {
            return false;
        }

        foreach (var condition in _conditions)
        {
            if (!condition(connection))
            {
                return false;
            }
        }

        return true;
    }

    // An unset name is empty, and an empty one cannot be asked for.
    private void AddNames(RepeatedField<string> names, Func<OpenConnection, string> nameOf)
    {
        if (names.Count > 0)
        {
            var wanted = names.ToHashSet(StringComparer.Ordinal);
            _conditions.Add(connection => wanted.Contains(nameOf(connection)));
        }
    }

    private void AddNumbers(RepeatedField<uint> numbers, Func<OpenConnection, uint?> numberOf)
    {
        if (numbers.Count > 0)
        {
            var wanted = new UInt32Set(numbers);
            _conditions.Add(connection => numberOf(connection) is { } number && wanted.Contains(number));
        }
    }

    private void AddAddresses(RepeatedField<string> blocks, Func<OpenConnection, string> addressOf)
    {
        if (blocks.Count > 0)
        {
            var wanted = new AddressSet(blocks.Select(text => AddressBlock.TryParse(text, out var block) ? block : throw new FormatException(text)));
            _conditions.Add(connection => IpText.TryParse(Encoding.UTF8.GetBytes(addressOf(connection)), out var high, out var low)
                && wanted.Contains(high, low));
        }
    }
}
