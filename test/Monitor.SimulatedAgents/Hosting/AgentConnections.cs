using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monitor.SimulatedAgents.Hosting;

/// <summary>
/// Hands the connections of all agents to the web server, which thinks that it listens in one place: agents come and go,
/// and the web server's own end points are fixed once it has started.
/// </summary>
internal sealed class AgentConnections : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();
    private readonly SocketConnectionContextFactory _contexts =
        new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    /// <summary>What the web server is told to listen on.</summary>
    public static EndPoint EndPoint { get; } = new AllAgentsEndPoint();

    EndPoint IConnectionListener.EndPoint => EndPoint;

    /// <summary>Gives a connection that was accepted to the web server.</summary>
    /// <param name="socket">Its socket, from now on the connection's.</param>
    /// <param name="agent">Whose it is: calls find it by <see cref="CallAgent"/>.</param>
    public ConnectionContext Add(Socket socket, SimulatedAgent agent)
    {
        var connection = _contexts.Create(socket);
        connection.Features.Set(agent);
        _accepted.Writer.TryWrite(connection);
        return connection;
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection)
            ? connection
            : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _accepted.Writer.TryComplete();
        _contexts.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class AllAgentsEndPoint : EndPoint
    {
        public override string ToString() => "the ports of the simulated agents";
    }
}
