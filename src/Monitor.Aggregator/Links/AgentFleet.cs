using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Events;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

using Program = Monitor.V1.Program;

/// <summary>
/// All agents: keeps a link to every address that the discoveries name, and tells the server of them. Any thread.
/// </summary>
internal sealed class AgentFleet : IAgentDirectory, IProgramDirectory, IOnDemandPrograms, IConnectionDirectory, IMetricDirectory
{
    // How old the watermark may be: every message of every stream asks for it, and finding it looks at every agent.
    // Agents that are idle tell theirs every 5 seconds, so that nobody misses 20 ms.
    private static readonly TimeSpan WatermarkAge = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan DiscoveryRetryDelay = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<IAgentDiscovery> _discoveries;
    private readonly IReadOnlyCollection<AgentAddress>?[] _listed;
    private readonly EventLog _log;
    private readonly TimeProvider _time;
    private readonly LinkOptions _options;
    private readonly ILogger _logger;
    private readonly NodeDirectory _nodes;
    private readonly FleetVersion _version = new();
    private readonly FleetDemand _demand = new();
    private readonly FleetConnections _connections;
    private readonly FleetMetrics _metrics;

    private readonly Lock _lock = new();
    private readonly Dictionary<AgentAddress, FleetMember> _members = [];
    private bool _stopping;

    // Replaced whenever a member comes or goes, so that readers need no lock.
    private volatile AgentLink[] _links = [];
    private volatile CachedWatermark? _watermark;

    /// <summary>Makes a fleet without any link.</summary>
    /// <param name="discoveries">Where agents are found; an address that several of them name gets one link.</param>
    /// <param name="log">Where the events go; nobody else writes to it. The caller disposes of it, after
    /// <see cref="RunAsync"/> has ended.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="peers">Names the other side of events; null outside Kubernetes.</param>
    /// <param name="options">How patient the links are; null for the defaults.</param>
    /// <param name="restored">What earlier runs left in the log; null where that is nothing.</param>
    public AgentFleet(
        IReadOnlyList<IAgentDiscovery> discoveries,
        EventLog log,
        TimeProvider time,
        ILoggerFactory loggers,
        PeerLookup? peers = null,
        LinkOptions? options = null,
        RestoredLog? restored = null)
    {
        _discoveries = discoveries;
        _listed = new IReadOnlyCollection<AgentAddress>?[discoveries.Count];
        _log = log;
        _time = time;
        _options = options ?? new LinkOptions();
        _logger = loggers.CreateLogger<AgentFleet>();
        _nodes = new NodeDirectory(new ClusterLog(log, peers), _options, time, restored);
        _connections = new FleetConnections(() => Links, peers, time);
        _metrics = new FleetMetrics(() => _nodes.All);
    }

    public long Version => _version.Value;

    /// <summary>The links, those that are not listed any more included until they are forgotten.</summary>
    public IReadOnlyList<AgentLink> Links => _links;

    public DateTimeOffset Watermark
    {
        get
        {
            if (_watermark is not { } known || _time.GetElapsedTime(known.Timestamp) >= WatermarkAge)
            {
                _watermark = known = new CachedWatermark(_time.GetTimestamp(), FindWatermark());
            }

            return known.Value;
        }
    }

    /// <summary>Keeps the links until it is cancelled; call it once. Ends when all of them are closed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll([
                .. _discoveries.Select((_, index) => WatchAsync(index, cancellationToken)),
                ForgetAsync(cancellationToken),
            ]);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked for.
        }
        finally
        {
            await StopAsync();
        }
    }

    /// <inheritdoc />
    public void Follow(ProgramDemand demand) => _demand.Set(demand);

    /// <inheritdoc />
    public IReadOnlyCollection<string> OnDemandNames => _nodes.All.SelectMany(node => node.OnDemandPrograms).ToHashSet(StringComparer.Ordinal);

    public IReadOnlyList<Agent> GetAgents() => [.. _links.Select(link => link.Describe())];

    public Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken) =>
        _connections.ListAsync(query, cancellationToken);

    public Task<GetMonitorMetricsResponse?> ReadAsync(
        string name, IReadOnlyCollection<string> nodes, CancellationToken cancellationToken) =>
        _metrics.ReadAsync(name, nodes, cancellationToken);

    public ClockEstimate? ClockOf(string nodeName) => _nodes.Find(nodeName)?.Clock;

    public ValueTask<IReadOnlyList<Program>> GetProgramsAsync(CancellationToken cancellationToken)
    {
        var programs = new List<Program>();
        foreach (var node in _nodes.All)
        {
            node.AddPrograms(programs);
        }

        return ValueTask.FromResult<IReadOnlyList<Program>>(programs);
    }

    private async Task WatchAsync(int index, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await foreach (var listed in _discoveries[index].WatchAsync(cancellationToken))
                {
                    Reconcile(index, listed);
                }

                return;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                LinkLog.DiscoveryFailed(_logger, _discoveries[index].Description, DiscoveryRetryDelay.TotalSeconds, failure);
            }

            await Task.Delay(DiscoveryRetryDelay, _time, cancellationToken);
        }
    }

    /// <summary>One discovery has said which agents there are: links are started and stopped until they are those that the
    /// discoveries name together.</summary>
    private void Reconcile(int index, IReadOnlyCollection<AgentAddress> listed)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                return;
            }

            _listed[index] = listed;
            var wanted = _listed.SelectMany(addresses => addresses ?? []).ToHashSet();
            foreach (var (address, member) in _members)
            {
                if (member.GoneSince is null && !wanted.Contains(address))
                {
                    member.Stop();
                    LinkLog.Gone(_logger, address);
                }
            }

            foreach (var address in wanted)
            {
                if (!_members.TryGetValue(address, out var member))
                {
                    member = new FleetMember(NewLink(address), _time);
                    _members.Add(address, member);
                    member.Start();
                }
                else if (member.GoneSince is not null)
                {
                    member.Start();
                }
            }

            ShowMembers();
        }
    }

    private AgentLink NewLink(AgentAddress address) =>
        new(address, _nodes, _log.Types, _demand, _options, _version, _time, _logger);

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.ForgetInterval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = _time.GetUtcNow();
            lock (_lock)
            {
                foreach (var (address, member) in _members.ToList())
                {
                    if (member.Running.IsCompleted && now - member.GoneSince >= _options.ForgetAfter)
                    {
                        _members.Remove(address);
                    }
                }

                ShowMembers();
            }

            _nodes.Forget(_links.Select(link => link.Node).OfType<AgentNode>().ToHashSet());
        }
    }

    private void ShowMembers()
    {
        var links = _members.Values.Select(member => member.Link).ToArray();
        if (!links.SequenceEqual(_links))
        {
            _links = links;
            _version.Advance();
        }
    }

    private async Task StopAsync()
    {
        List<FleetMember> members;
        lock (_lock)
        {
            _stopping = true;
            members = [.. _members.Values];
            members.ForEach(static member => member.Stop());
        }

        await Task.WhenAll(members.Select(member => member.Running));
    }

    private DateTimeOffset FindWatermark()
    {
        var least = long.MaxValue;
        foreach (var link in _links)
        {
            if (link.IsReached && link.Node?.ReachedUnixNanos is { } reached)
            {
                least = Math.Min(least, reached);
            }
        }

        return least == long.MaxValue
            ? _time.GetUtcNow()
            : DateTimeOffset.UnixEpoch.AddTicks(least / TimeSpan.NanosecondsPerTick);
    }

    private sealed record CachedWatermark(long Timestamp, DateTimeOffset Value);
}
