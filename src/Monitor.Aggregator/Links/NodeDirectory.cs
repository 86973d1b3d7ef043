using Monitor.Aggregator.Discovery;
using Monitor.Events;

namespace Monitor.Aggregator.Links;

/// <summary>The nodes by their names. Any thread.</summary>
internal sealed class NodeDirectory
{
    // Of nodes that are gone it is remembered how far they were read, some 500 bytes each. A cluster has as many nodes in
    // a year where a hundred come and go each day for three months.
    private const int MaxRemembered = 10_000;

    // Of agents that restart: a hundred bytes each.
    private const int MaxRuns = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AgentNode> _nodes = new(StringComparer.Ordinal);

    // Which node each run is of. Ids of events and resume tokens have the run alone.
    private readonly Dictionary<ulong, string> _runs = [];
    private readonly Queue<ulong> _oldestRuns = [];
    private readonly ClusterLog _log;
    private readonly LinkOptions _options;
    private readonly TimeProvider _time;

    /// <param name="log">Where their events go.</param>
    /// <param name="options">How long nodes are remembered.</param>
    /// <param name="time">The clock.</param>
    /// <param name="restored">How far earlier runs read the agents; null where there were none.</param>
    public NodeDirectory(ClusterLog log, LinkOptions options, TimeProvider time, RestoredLog? restored = null)
    {
        _log = log;
        _options = options;
        _time = time;
        foreach (var (origin, at, isRetired) in restored?.Origins ?? [])
        {
            var node = new AgentNode(origin.NodeName, log, time);
            node.GoOn(origin, at, isRetired);
            _nodes[origin.NodeName] = node;
            NoteRun(origin.Epoch, origin.NodeName);
        }
    }

    public IReadOnlyList<AgentNode> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _nodes.Values];
            }
        }
    }

    /// <summary>Null where no agent ever said that it is on this node.</summary>
    public AgentNode? Find(string name)
    {
        lock (_lock)
        {
            return _nodes.GetValueOrDefault(name);
        }
    }

    /// <summary>Another node that an agent's run is of, as no two agents' are; null where there is none, and the run is the agent's
    /// node's from then on.</summary>
    public string? OtherNodeOf(AgentIdentity agent)
    {
        lock (_lock)
        {
            NoteRun(agent.Epoch, agent.NodeName);
            return _runs[agent.Epoch] is var name && name != agent.NodeName ? name : null;
        }
    }

    /// <summary>Takes a node for a link, unless another link has it.</summary>
    public Claim Claim(AgentAddress link, AgentIdentity agent)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(agent.NodeName, out var node))
            {
                node = new AgentNode(agent.NodeName, _log, _time);
                _nodes.Add(agent.NodeName, node);
            }

            node.UnlinkedSince = null;
            return node.Holder.Claim(node, link, agent.Epoch);
        }
    }

    // For the lock.
    private void NoteRun(ulong epoch, string nodeName)
    {
        if (!_runs.TryAdd(epoch, nodeName))
        {
            return;
        }

        _oldestRuns.Enqueue(epoch);
        if (_oldestRuns.Count > MaxRuns)
        {
            _runs.Remove(_oldestRuns.Dequeue());
        }
    }

    /// <summary>Forgets the nodes that no link has led to for long.</summary>
    /// <param name="linked">Those that one leads to.</param>
    public void Forget(IReadOnlySet<AgentNode> linked)
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            foreach (var node in _nodes.Values.ToList())
            {
                if (linked.Contains(node) || node.Holder.IsHeld)
                {
                    node.UnlinkedSince = null;
                    continue;
                }

                node.UnlinkedSince ??= now;
                if (now - node.UnlinkedSince < _options.ForgetAfter)
                {
                    continue;
                }

                node.Retire();
                if (!node.HasRun)
                {
                    _nodes.Remove(node.Name);
                }
            }

            var tooMany = _nodes.Count - MaxRemembered;
            if (tooMany > 0)
            {
                foreach (var node in _nodes.Values
                    .Where(node => node.UnlinkedSince is not null)
                    .OrderBy(node => node.UnlinkedSince)
                    .Take(tooMany)
                    .ToList())
                {
                    node.Retire();
                    _nodes.Remove(node.Name);
                }
            }
        }
    }
}
