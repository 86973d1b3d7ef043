using Monitor.Events;
using Monitor.Server;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Links;

/// <summary>
/// The open connections of all nodes: asks the agents, on the connections of their links, for each request. Any thread.
/// </summary>
/// <param name="links">The links as they are now.</param>
/// <param name="peers">Names the other side; null outside Kubernetes.</param>
/// <param name="time">The clock.</param>
internal sealed class FleetConnections(Func<IReadOnlyList<AgentLink>> links, PeerLookup? peers, TimeProvider time) : IConnectionDirectory
{
    // A page is filled in the order of nodes, so most agents only count: with all of a thousand asked at once, each would
    // send a page that nobody reads.
    private const int AtOnce = 32;

    private readonly ConnectionPeers? _peers = peers is null ? null : new ConnectionPeers(peers, time);

    /// <inheritdoc />
    public async Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken)
    {
        var page = new ConnectionPage(query);
        var nodes = NodesOf(query.Filter, page.Incomplete);
        foreach (var group in nodes.Chunk(AtOnce))
        {
            var room = page.Room;
            var questions = group.Select(node => new NodeConnectionsQuestion(node, query, room, _peers)).ToList();
            await Task.WhenAll(questions.Select(question => question.AskAsync(cancellationToken)));
            foreach (var question in questions)
            {
                question.AddTo(page);
            }
        }

        return page;
    }

    // Agents that never said who they are may be any node.
    private List<AgentNode> NodesOf(ConnectionFilter filter, ICollection<IncompleteNode> incomplete)
    {
        var nodes = new SortedDictionary<string, AgentNode>(StringComparer.Ordinal);
        foreach (var link in links())
        {
            var agent = link.Describe();
            if (agent.State == State.Gone)
            {
                continue;
            }

            if (link.Node is not { } node)
            {
                incomplete.Add(Unanswered("", $"the agent at {link.Address} has not been reached: {agent.Reason}"));
            }
            else if (filter.MatchesNode(node.Name))
            {
                nodes[node.Name] = node;
            }
        }

        foreach (var name in filter.Canonical.NodeName.Where(name => !nodes.ContainsKey(name)))
        {
            incomplete.Add(Unanswered(name, "no agent of it is known"));
        }

        return [.. nodes.Values];
    }

    /// <summary>A node that gave nothing.</summary>
    public static IncompleteNode Unanswered(string nodeName, string reason) =>
        new() { NodeName = nodeName, Unanswered = true, Reason = reason };
}
