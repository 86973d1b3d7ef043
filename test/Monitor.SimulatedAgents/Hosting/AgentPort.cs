using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Monitor.SimulatedAgents.Hosting;

/// <summary>The port of one agent, which stays its own while it does not listen, and the connections to it.</summary>
internal sealed class AgentPort : IDisposable
{
    // Bound and never listening: nobody else gets the port meanwhile, and who connects is refused.
    private readonly Socket _reservation = Bind(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly SimulatedAgent _agent;
    private readonly AgentConnections _connections;
    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
    private Socket? _listening;

    public AgentPort(SimulatedAgent agent, AgentConnections connections)
    {
        _agent = agent;
        _connections = connections;
        EndPoint = (IPEndPoint)_reservation.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Listens, if it does not.</summary>
    public void Open()
    {
        if (_listening is null)
        {
            _listening = Bind(EndPoint);
            _listening.Listen();
            _ = AcceptAsync(_listening);
        }
    }

    /// <summary>Refuses from now on, and cuts what is connected.</summary>
    public void Close()
    {
        _listening?.Dispose();
        _listening = null;
        foreach (var connection in _open.Keys)
        {
            connection.Abort();
        }
    }

    public void Dispose()
    {
        Close();
        _reservation.Dispose();
    }

    private static Socket Bind(IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(endPoint);
        return socket;
    }

    private async Task AcceptAsync(Socket listening)
    {
        try
        {
            while (true)
            {
                var socket = await listening.AcceptAsync();
                socket.NoDelay = true;
                var connection = _connections.Add(socket, _agent);
                _open.TryAdd(connection, true);
                connection.ConnectionClosed.UnsafeRegister(_ => _open.TryRemove(connection, out bool _), null);
                // Closed between the accept and here: Close may not have seen it.
                if (_listening != listening)
                {
                    connection.Abort();
                }
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
        }
    }
}
