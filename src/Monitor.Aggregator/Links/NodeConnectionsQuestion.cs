using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>What one agent is asked for a page of open connections, and what it answered.</summary>
/// <param name="node">The node.</param>
/// <param name="query">The page.</param>
/// <param name="room">How many connections the page can take.</param>
/// <param name="peers">Names the other side; null where nobody can.</param>
internal sealed class NodeConnectionsQuestion(AgentNode node, ConnectionQuery query, int room, ConnectionPeers? peers)
{
    // Only agents that misbehave say more.
    private const int MaxNotes = 4;

    // Two connections of one place are both on a page, as its last.
    private const int MaxBeyondLimit = 16;

    // Two million connections.
    private const int MaxPages = 200;

    private readonly List<OpenConnection> _connections = [];
    private readonly List<IncompleteNode> _incomplete = [];
    private readonly bool _filtersHere = query.Filter.AsksForPeers;
    private long _total;
    private bool _hasMore;

    /// <summary>Asks. Whatever the agent does, nothing is thrown but where it is cancelled.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        var reason = node.Connection is { } connection
            ? await TryAskAsync(connection, cancellationToken)
            : node.Holder.DescribeAbsence() ?? "its agent is being connected to";
        if (reason is not null)
        {
            _connections.Clear();
            _total = 0;
            _hasMore = false;
            _incomplete.Clear();
            _incomplete.Add(FleetConnections.Unanswered(node.Name, reason));
        }
    }

    /// <summary>Adds what it answered to the page, which has that of all nodes before.</summary>
    public void AddTo(ConnectionPage page)
    {
        page.TotalCount += _total;
        foreach (var incomplete in _incomplete)
        {
            page.Incomplete.Add(incomplete);
        }

        var fits = true;
        foreach (var connection in _connections)
        {
            fits = fits && page.TryAdd(PositionOf(connection), connection);
        }

        if (_hasMore && IsWanted)
        {
            page.EndBefore();
        }
    }

    // Whether the page can have connections of the node, and not their number alone.
    private bool IsWanted => query.After is not { } after || string.CompareOrdinal(node.Name, after.NodeName) >= 0;

    private async Task<string?> TryAskAsync(AgentConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(connection, cancellationToken);
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Unimplemented)
        {
            return failure.Status.Detail.StartsWith("open connections", StringComparison.Ordinal)
                ? MessageText.Shorten(failure.Status.Detail, LinkFailure.MaxDetailLength)
                : "its agent is of an earlier version, which does not list open connections";
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The link may have broken meanwhile, and its connection with it.
            return failure is ObjectDisposedException
                ? "its agent went out of reach"
                : LinkFailure.Explain(failure, answered: true)?.Reason ?? MessageText.Shorten(failure.Message, LinkFailure.MaxDetailLength);
        }
    }

    // Null, or what is wrong with the answer.
    private async Task<string?> AskAsync(AgentConnection connection, CancellationToken cancellationToken)
    {
        // An agent does not know the other side: what is asked of it is decided here, of every connection.
        var filter = _filtersHere ? query.Filter.WithoutPeers() : query.Filter;
        var counts = !_filtersHere && (!IsWanted || room == 0);
        var limit = counts ? 1 : _filtersHere ? ContractLimits.MaxListLimit : room;
        var after = !_filtersHere && query.After is { } last && last.NodeName == node.Name ? last : (ConnectionPosition?)null;
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await connection.ListOpenConnectionsAsync(ConnectionQuery.Request(filter, limit, after), cancellationToken);
            if (Problem(answer, after) is { } problem)
            {
                return problem;
            }

            Take(answer, counts);
            if (!_filtersHere || answer.NextPageToken.Length == 0)
            {
                _hasMore |= !_filtersHere && (answer.NextPageToken.Length > 0 || (counts && answer.Connections.Count > 0));
                return null;
            }

            after = PositionOf(answer.Connections[^1]);
        }

        return $"its agent sent {MaxPages} pages, and more";
    }

    private string? Problem(ListOpenConnectionsResponse answer, ConnectionPosition? after)
    {
        // A page begins behind the one before. On it, two can have one place.
        var isFirst = true;
        foreach (var connection in answer.Connections)
        {
            // An agent speaks for its own node.
            connection.NodeName = node.Name;
            var position = PositionOf(connection);
            if (after is { } before && ConnectionPosition.Order.Compare(position, before) is var order && (order < 0 || (order == 0 && isFirst)))
            {
                return "its agent sent a list that is out of order";
            }

            after = position;
            isFirst = false;
        }

        return answer is { NextPageToken.Length: > 0, Connections.Count: 0 } ? "its agent sent a page without connections" : null;
    }

    private void Take(ListOpenConnectionsResponse answer, bool counts)
    {
        _total += _filtersHere ? 0 : Math.Max(answer.TotalCount, answer.Connections.Count);
        foreach (var incomplete in answer.Incomplete.Take(MaxNotes - _incomplete.Count))
        {
            _incomplete.Add(new IncompleteNode
            {
                NodeName = node.Name,
                Reason = MessageText.Shorten(incomplete.Reason, LinkFailure.MaxDetailLength),
            });
        }

        if (counts)
        {
            return;
        }

        foreach (var connection in answer.Connections)
        {
            Mend(connection);
            peers?.AddTo(connection);
            if (!_filtersHere)
            {
                Keep(connection);
            }
            else if (query.Filter.Matches(connection))
            {
                _total++;
                if (query.After is not { } shown || ConnectionPosition.Order.Compare(PositionOf(connection), shown) > 0)
                {
                    Keep(connection);
                }
            }
        }
    }

    // No more than the page could have; the rest is counted.
    private void Keep(OpenConnection connection)
    {
        if (_connections.Count <= room + MaxBeyondLimit)
        {
            _connections.Add(connection);
        }
        else
        {
            _hasMore = true;
        }
    }

    // An invalid duration cannot be written as JSON, and would fail the whole list.
    private static void Mend(OpenConnection connection)
    {
        connection.Age = Valid(connection.Age);
        connection.SmoothedRtt = Valid(connection.SmoothedRtt);
        connection.MinimumRtt = Valid(connection.MinimumRtt);
    }

    private static Duration? Valid(Duration? duration) =>
        duration is not null && WireDuration.IsValid(duration.Seconds, duration.Nanos) ? duration : null;

    private static ConnectionPosition PositionOf(OpenConnection connection) =>
        new(connection.NodeName, ConnectionPosition.KeyOf(connection));
}
