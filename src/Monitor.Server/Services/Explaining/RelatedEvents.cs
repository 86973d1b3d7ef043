using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Finds the events that belong to one: those of its connection by the kernel's cookie, on both nodes, those with its
/// addresses and ports in either direction, and the questions to name servers before it. For one call.
/// </summary>
/// <param name="queries">Where they are.</param>
/// <param name="namespaces">Events of other namespaces are not looked at; empty: of all.</param>
internal sealed class RelatedEvents(ArchivedQueries queries, IReadOnlyCollection<string> namespaces)
{
    /// <summary>How far from the event others are looked for.</summary>
    public const long Reach = 3600 * EventTimes.Second;

    /// <summary>How far before an attempt the questions to name servers are looked for. Resolvers remember names longer, but
    /// mostly a process asks right before it connects.</summary>
    public const long LookupReach = 30 * EventTimes.Second;

    // A query reads the columns of all events of these hours, some milliseconds for each million.
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(2);

    // Of one query: more than a story has room for.
    private const int MaxEvents = 1000;
    private const int MaxBytes = 1 << 20;

    // A SYN is sent again for at most 127 s by default (net.ipv4.tcp_syn_retries), and addresses and ports are used again
    // a minute after a connection at the earliest; datagrams have no such rule.
    private const long TupleReach = 150 * EventTimes.Second, DatagramReach = 10 * EventTimes.Second;

    private const long OverflowReach = 5 * EventTimes.Second;

    // Two sides, and the same connection before and behind an address translation.
    private const int MaxConnections = 4;

    private readonly Dictionary<string, Event> _found = new(StringComparer.Ordinal);

    // Which cookie is the connection's on each side: another connection may have had the same addresses and ports.
    private readonly Dictionary<(string Node, ConnectionDirection Side), ulong> _cookies = [];
    private readonly HashSet<(string Node, ulong Connection)> _asked = [];
    private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();

    /// <summary>Whether there are more than were read.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether the time for the search was up before its end.</summary>
    public bool IsOvertime { get; private set; }

    /// <summary>The event and those that belong to it, in no order.</summary>
    public async Task<IReadOnlyCollection<Event>> FindAsync(Event subject, CancellationToken cancellationToken)
    {
        Add(subject);
        // A question's story goes on with the attempt that followed from it.
        var main = subject.DetailCase == Event.DetailOneofCase.Dns ? await FindAttemptAsync(subject, cancellationToken) : subject;
        if (main is not null)
        {
            Add(main);
            await FindConnectionsAsync(main, cancellationToken);
            await FindByAddressesAsync(main, cancellationToken);
            await FindConnectionsAsync(main, cancellationToken);
            await FindOverflowsAsync(main, cancellationToken);
        }

        var asker = _found.Values.FirstOrDefault(found => found.DetailCase == Event.DetailOneofCase.Connection) ?? main ?? subject;
        await FindLookupsAsync(asker, cancellationToken);
        return _found.Values;
    }

    /// <summary>On which side of a connection an event is.</summary>
    public static ConnectionDirection SideOf(Event found) => found.DetailCase switch
    {
        Event.DetailOneofCase.Connection => ConnectionDirection.Outbound,
        Event.DetailOneofCase.Accept => ConnectionDirection.Inbound,
        Event.DetailOneofCase.Close => found.Close.Direction,
        Event.DetailOneofCase.Retransmit => found.Retransmit.Direction,
        Event.DetailOneofCase.Reset => found.Reset.Direction,
        _ => ConnectionDirection.Unspecified,
    };

    /// <summary>Follows connection_id and peer_event_id from what was found until nothing new comes.</summary>
    private async Task FindConnectionsAsync(Event main, CancellationToken cancellationToken)
    {
        await FollowPeersAsync(cancellationToken);
        while (NextConnection() is (var node, var connection))
        {
            _asked.Add((node, connection));
            var filter = new EventFilter { NodeName = { node }, ConnectionId = { connection } };
            foreach (var found in await QueryAsync(filter, EventTimes.StartOf(main) - Reach, EventTimes.EndOf(main) + Reach, cancellationToken))
            {
                Add(found);
            }

            await FollowPeersAsync(cancellationToken);
        }
    }

    private async Task FollowPeersAsync(CancellationToken cancellationToken)
    {
        foreach (var peer in _found.Values.Where(found => found.HasPeerEventId).Select(found => found.PeerEventId).ToList())
        {
            // An agent may say of each of its events that its peer's is one of the history.
            if (IsTimeUp())
            {
                return;
            }

            if (!_found.ContainsKey(peer) && await FindAsync(peer, cancellationToken) is { } other)
            {
                Add(other);
            }
        }
    }

    private (string Node, ulong Connection)? NextConnection()
    {
        foreach (var found in _found.Values)
        {
            if (_asked.Count < MaxConnections && found.HasConnectionId && IsFilterText(found.NodeName)
                && !_asked.Contains((found.NodeName, found.ConnectionId)))
            {
                return (found.NodeName, found.ConnectionId);
            }
        }

        return null;
    }

    private async Task FindByAddressesAsync(Event main, CancellationToken cancellationToken)
    {
        // Not all events of a connection have its source port: an attempt that failed early has none.
        var known = _found.Values.FirstOrDefault(HasAddresses);
        if (known is null)
        {
            return;
        }

        // While the connection lasted, as far as that is known, and as long as packets can come late.
        var reach = known.Protocol == "TCP" ? TupleReach : DatagramReach;
        var since = _found.Values.Min(EventTimes.StartOf) - reach;
        var until = _found.Values.Max(EventTimes.EndOf) + reach;
        var events = await QueryAsync(Between(known, reverse: false), since, until, cancellationToken);
        events.AddRange(await QueryAsync(Between(known, reverse: true), since, until, cancellationToken));
        // The nearest decide which connection it is, and drops, which are of either side, come when both are known.
        foreach (var found in events.OrderBy(found => found.DetailCase == Event.DetailOneofCase.PacketDrop)
            .ThenBy(found => Math.Abs(EventTimes.EndOf(found) - EventTimes.EndOf(main))))
        {
            if (!found.HasConnectionId || MayBeOf(found))
            {
                Add(found);
            }
        }
    }

    // Whether no other connection is known on its side. A drop does not tell its side: it may be of the one that is not known.
    private bool MayBeOf(Event found)
    {
        if (found.DetailCase != Event.DetailOneofCase.PacketDrop)
        {
            return !_cookies.TryGetValue((found.NodeName, SideOf(found)), out var cookie) || cookie == found.ConnectionId;
        }

        var known = _cookies.Where(known => known.Key.Node == found.NodeName).Select(known => known.Value).ToList();
        return known.Count < 2 || known.Contains(found.ConnectionId);
    }

    private async Task FindOverflowsAsync(Event main, CancellationToken cancellationToken)
    {
        if (main is not { HasDestinationPort: true, DestinationPort: <= ushort.MaxValue })
        {
            return;
        }

        var filter = new EventFilter { Type = { EventTypes.ListenOverflow }, DestinationPort = { main.DestinationPort } };
        var nodes = _found.Values.Where(found => SideOf(found) == ConnectionDirection.Inbound).Select(found => found.NodeName).ToHashSet();
        foreach (var found in await QueryAsync(
            filter, EventTimes.StartOf(main) - OverflowReach, EventTimes.EndOf(main) + OverflowReach, cancellationToken))
        {
            // A listener on all addresses has none of its own.
            if (found.DestinationIp == main.DestinationIp || nodes.Contains(found.NodeName) || found.NodeName == main.PeerNodeName)
            {
                Add(found);
            }
        }
    }

    private async Task FindLookupsAsync(Event asker, CancellationToken cancellationToken)
    {
        if (!IsFilterText(asker.NodeName))
        {
            return;
        }

        var filter = new EventFilter { Type = { EventTypes.Dns }, NodeName = { asker.NodeName } };
        if (IsFilterText(asker.K8SPodName))
        {
            filter.K8SPodName.Add(asker.K8SPodName);
        }
        else if (asker.HasPid)
        {
            filter.Pid.Add(asker.Pid);
        }
        else
        {
            return;
        }

        var start = EventTimes.StartOf(asker);
        var lookups = (await QueryAsync(filter, start - LookupReach, start + EventTimes.Second, cancellationToken))
            .Where(lookup => lookup.DetailCase == Event.DetailOneofCase.Dns && lookup.K8SNamespace == asker.K8SNamespace)
            .ToList();
        var names = _found.Values.Where(found => found.DetailCase == Event.DetailOneofCase.Dns).Append(asker).Concat(lookups.Where(lookup => LeadsTo(lookup, asker)))
            .Select(found => found.DetailCase == Event.DetailOneofCase.Dns ? found.Dns.Name : found.DestinationName)
            .Where(name => name.Length > 0)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var lookup in lookups)
        {
            // Resolvers ask for several types, and try the name with the endings of resolv.conf.
            if (names.Any(name => lookup.Dns.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                || lookup.Dns.Name.StartsWith(name + ".", StringComparison.OrdinalIgnoreCase)))
            {
                Add(lookup);
            }
        }
    }

    /// <summary>The first attempt of the same process or pod to what a name server answered; null where none followed.</summary>
    private async Task<Event?> FindAttemptAsync(Event lookup, CancellationToken cancellationToken)
    {
        var filter = new EventFilter { Type = { EventTypes.Connection }, NodeName = { lookup.NodeName } };
        filter.DestinationIp.AddRange(lookup.Dns.Answers.Where(IsAddress).Take(ContractLimits.MaxFilterValues));
        if (filter.DestinationIp.Count == 0 || !IsFilterText(lookup.NodeName))
        {
            return null;
        }

        var end = EventTimes.EndOf(lookup);
        return (await QueryAsync(filter, end, end + LookupReach, cancellationToken))
            .Where(attempt => lookup.HasK8SPodName
                ? (attempt.K8SPodName, attempt.K8SNamespace) == (lookup.K8SPodName, lookup.K8SNamespace)
                : attempt.Pid == lookup.Pid)
            .MinBy(EventTimes.StartOf);
    }

    private async Task<Event?> FindAsync(string id, CancellationToken cancellationToken)
    {
        // What an agent calls a peer's event is any text.
        var filter = new EventFilter();
        filter.K8SNamespace.AddRange(namespaces);
        return EventId.TryParse(id, out var epoch, out var sequence)
            && await queries.FindAsync(epoch, sequence, filter, cancellationToken) is { } encoded
            ? Event.Parser.ParseFrom(encoded)
            : null;
    }

    private bool IsTimeUp() => IsOvertime |= _clock.Elapsed > MaxTime;

    private async Task<List<Event>> QueryAsync(EventFilter filter, long since, long until, CancellationToken cancellationToken)
    {
        if (IsTimeUp())
        {
            return [];
        }

        filter.Since = UnixNanos.ToTimestamp(since);
        filter.Until = UnixNanos.ToTimestamp(until);
        filter.K8SNamespace.AddRange(namespaces);
        var query = new EventQuery { Filter = filter, Limit = MaxEvents, MaxBytes = MaxBytes };
        using var result = await queries.ListAsync(query, cancellationToken);
        IsCut |= result.TotalCount > result.Count;
        return [.. ListEventsResponse.Parser.ParseFrom(result.Events.Span).Events];
    }

    private void Add(Event found)
    {
        _found.TryAdd(found.Id, found);
        if (found.HasConnectionId && found.DetailCase != Event.DetailOneofCase.PacketDrop)
        {
            _cookies.TryAdd((found.NodeName, SideOf(found)), found.ConnectionId);
        }
    }

    private static bool LeadsTo(Event lookup, Event asker) =>
        asker.HasDestinationIp && lookup.Dns.Answers.Contains(asker.DestinationIp);

    private static bool HasAddresses(Event found) =>
        found is { HasSourceIp: true, HasSourcePort: true, HasDestinationIp: true, HasDestinationPort: true, HasProtocol: true }
        && found.DetailCase != Event.DetailOneofCase.Dns
        && IsAddress(found.SourceIp) && IsAddress(found.DestinationIp)
        && found.SourcePort <= ushort.MaxValue && found.DestinationPort <= ushort.MaxValue && IpProtocols.TryParse(found.Protocol, out _);

    // Agents send what they like: what no filter takes is not asked for.
    private static bool IsAddress(string text) => IpText.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _, out _);

    private static bool IsFilterText(string text) =>
        text.Length > 0 && System.Text.Encoding.UTF8.GetByteCount(text) <= ContractLimits.MaxFilterTextBytes;

    private static EventFilter Between(Event known, bool reverse) => new()
    {
        Protocol = { known.Protocol },
        SourceIp = { reverse ? known.DestinationIp : known.SourceIp },
        SourcePort = { reverse ? known.DestinationPort : known.SourcePort },
        DestinationIp = { reverse ? known.SourceIp : known.DestinationIp },
        DestinationPort = { reverse ? known.SourcePort : known.DestinationPort },
    };
}
