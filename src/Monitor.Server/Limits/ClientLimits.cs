using System.Net;

namespace Monitor.Server;

/// <summary>The clients that are connected, or were a moment ago, and how many connections there are. Any thread.</summary>
internal sealed class ClientLimits(MonitorServerOptions options, LimitCounters counters)
{
    // Those that left are looked for this often, while clients come.
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, LimitedClient> _clients = [];
    private readonly AllClients _all = new();
    private int _connections;
    private long _swept = options.Time.GetTimestamp();

    /// <summary>Those that are known now.</summary>
    public IReadOnlyList<LimitedClient> Clients
    {
        get
        {
            lock (_lock)
            {
                return [.. _clients.Values];
            }
        }
    }

    /// <summary>Lets one more connection in, and counts it where it may not.</summary>
    /// <param name="remote">Where it comes from.</param>
    /// <returns>Its client; null where there are too many. To be followed by <see cref="Leave"/>.</returns>
    public LimitedClient? Enter(IPAddress? remote)
    {
        var address = ClientAddress.Of(remote);
        lock (_lock)
        {
            if (_connections >= options.MaxConnections)
            {
                counters.Connections.Add();
                return null;
            }

            Sweep();
            if (!_clients.TryGetValue(address, out var client))
            {
                client = new LimitedClient(address, options.Clients, options.Time, _all);
                _clients.Add(address, client);
            }

            if (client.Connections >= options.Clients.MaxConnections)
            {
                counters.ConnectionsOfClient.Add();
                return null;
            }

            client.Connections++;
            _connections++;
            return client;
        }
    }

    /// <summary>A connection has ended.</summary>
    public void Leave(LimitedClient client)
    {
        lock (_lock)
        {
            client.Connections--;
            _connections--;
        }
    }

    // One that comes back at once finds what it had used up.
    private void Sweep()
    {
        if (options.Time.GetElapsedTime(_swept) < SweepInterval)
        {
            return;
        }

        _swept = options.Time.GetTimestamp();
        foreach (var (address, client) in _clients)
        {
            if (client.IsIdle)
            {
                // Not disposed of: a call may outlast its connection, and take its turn only then.
                _clients.Remove(address);
            }
        }
    }
}
