using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>Open connections as a test wants them.</summary>
internal sealed class FakeConnections : IConnectionDirectory
{
    /// <summary>What is open, in any order. Answered as clones.</summary>
    public List<OpenConnection> Open { get; } = [];

    /// <summary>What is missing.</summary>
    public List<IncompleteNode> Incomplete { get; } = [];

    /// <summary>Why nothing can be told; null: it can.</summary>
    public string? Failure { get; set; }

    public static OpenConnection Make(ulong id, string node = "node-1", string state = "ESTABLISHED") => new()
    {
        NodeName = node,
        State = state,
        ConnectionId = id,
        Pid = 100 + (uint)id,
        Command = "curl",
        K8SNamespace = "team-a",
        Protocol = "TCP",
        SourceIp = "10.0.0.1",
        SourcePort = 40_000,
        DestinationIp = "192.0.2.7",
        DestinationPort = 443,
    };

    public Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            throw new ConnectionsException(Failure);
        }

        var page = new ConnectionPage(query);
        page.AddAll([.. Open.Where(query.Filter.Matches).Select(connection => connection.Clone())]);
        foreach (var node in Incomplete)
        {
            page.Incomplete.Add(node.Clone());
        }

        return Task.FromResult(page);
    }
}
