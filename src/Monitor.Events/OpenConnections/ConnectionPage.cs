using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>A page of open connections. For one thread.</summary>
/// <param name="query">What was asked for.</param>
public sealed class ConnectionPage(ConnectionQuery query)
{
    private readonly List<OpenConnection> _connections = [];
    private int _bytes;

    /// <summary>The connections, in order.</summary>
    public IReadOnlyList<OpenConnection> Connections => _connections;

    /// <summary>How many match on all pages.</summary>
    public long TotalCount { get; set; }

    /// <summary>Nodes whose connections are missing.</summary>
    public ICollection<IncompleteNode> Incomplete { get; } = [];

    /// <summary>Whether something follows on the next page.</summary>
    public bool HasMore { get; private set; }

    /// <summary>How many it has room for.</summary>
    public int Room => HasMore ? 0 : query.Limit - _connections.Count;

    /// <summary>The last one on the page; null where it is empty.</summary>
    public ConnectionPosition? Last { get; private set; }

    /// <summary>Adds all that one node has.</summary>
    /// <param name="matching">Those that match, in any order.</param>
    public void AddAll(IReadOnlyCollection<OpenConnection> matching)
    {
        TotalCount += matching.Count;
        foreach (var (position, connection) in matching
            .Select(connection => (Position: new ConnectionPosition(connection.NodeName, ConnectionPosition.KeyOf(connection)), Connection: connection))
            .Where(entry => query.After is not { } after || ConnectionPosition.Order.Compare(entry.Position, after) > 0)
            .OrderBy(entry => entry.Position, ConnectionPosition.Order))
        {
            if (!TryAdd(position, connection))
            {
                return;
            }
        }
    }

    /// <summary>Adds the next one.</summary>
    /// <param name="position">Not before the last one's.</param>
    /// <param name="connection">It.</param>
    /// <returns>False where the page is full; it is for the next.</returns>
    public bool TryAdd(ConnectionPosition position, OpenConnection connection)
    {
        // Of two at one place both are on the page: the token could not tell them apart.
        var bytes = connection.CalculateSize() + 4;
        if (HasMore || (Last != position
            && (_connections.Count >= query.Limit || (_bytes > 0 && _bytes + bytes > ContractLimits.MaxResponseEventBytes))))
        {
            HasMore = true;
            return false;
        }

        _connections.Add(connection);
        _bytes += bytes;
        Last = position;
        return true;
    }

    /// <summary>There is more than what was added.</summary>
    public void EndBefore() => HasMore = true;
}
