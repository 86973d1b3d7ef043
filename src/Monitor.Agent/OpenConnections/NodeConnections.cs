using Monitor.Agent.Loading;
using Monitor.Bpf;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Agent.OpenConnections;

/// <summary>
/// The open connections of this node, read from the kernel for each request. One request is worked on at a time, on a
/// thread of its own caller: the thread that reads events is not touched.
/// </summary>
/// <param name="nodeName">The node.</param>
/// <param name="iterators">What reads the sockets; the caller disposes of it.</param>
/// <param name="builder">Makes the messages.</param>
/// <param name="filter">What the settings leave out.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeConnections(
    string nodeName, SocketIterators iterators, ConnectionBuilder builder, KernelFilter filter, TimeProvider time)
    : IConnectionDirectory, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly SocketReader _reader = new(iterators);
    private readonly HashSet<uint> _excludedPids = [.. filter.ExcludedPids];
    private readonly HashSet<uint> _excludedPorts = [.. filter.ExcludedPorts.Select(port => (uint)port)];

    /// <inheritdoc />
    public async Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken)
    {
        if (iterators.Files is null)
        {
            throw new ConnectionsException(iterators.Note);
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            return Read(query, cancellationToken);
        }
        catch (BpfException failure)
        {
            throw new ConnectionsException(failure.Message, failure);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private ConnectionPage Read(ConnectionQuery query, CancellationToken cancellationToken)
    {
        var page = new ConnectionPage(query);
        if (!query.Filter.MatchesNode(nodeName))
        {
            return page;
        }

        var sockets = _reader.Read(query.Filter, cancellationToken);
        var listening = sockets.Where(socket => socket.Record.State == SocketState.Listen).Select(Place).ToHashSet();
        var now = UnixNanos.From(time.GetUtcNow());
        var matching = new List<OpenConnection>();
        foreach (var socket in sockets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ConnectionBuilder.NameOf(socket.Record.State) is not { } state || !query.Filter.MatchesState(state))
            {
                continue;
            }

            var connection = builder.Build(socket, state, listening.Contains(Place(socket)), now);
            if (!IsExcluded(connection) && query.Filter.Matches(connection))
            {
                matching.Add(connection);
            }
        }

        page.AddAll(matching);
        if (_reader.Missing is { } missing)
        {
            page.Incomplete.Add(new IncompleteNode { NodeName = nodeName, Reason = missing });
        }

        return page;
    }

    // Where sockets of one listener are; that it may listen on some addresses only does not matter, since two sockets of
    // one port are seldom of both kinds.
    private static (uint NetworkNamespace, ushort Port) Place(Socket socket) =>
        (socket.Record.NetworkNamespace, socket.Record.LocalPort);

    private bool IsExcluded(OpenConnection connection) =>
        (connection.HasPid && _excludedPids.Contains(connection.Pid))
        || (connection.HasDestinationPort && _excludedPorts.Contains(connection.DestinationPort));
}
