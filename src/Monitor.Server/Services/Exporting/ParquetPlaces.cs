namespace Monitor.Server;

/// <summary>
/// How many exports in Parquet run at one time. Each holds a group of rows, since a file has its columns one after the other.
/// </summary>
internal sealed class ParquetPlaces
{
    /// <summary>Most at one time, one of each client: an agent's limit in the chart is 512 MiB, and each may take 60 MiB.</summary>
    public const int Count = 2;

    private readonly Lock _lock = new();
    private readonly HashSet<LimitedClient> _clients = new(Count);

    /// <summary>Takes a place until it is disposed of; null where all are taken, or the client has one.</summary>
    public IDisposable? TryTake(LimitedClient client)
    {
        lock (_lock)
        {
            return _clients.Count < Count && _clients.Add(client) ? new Place(this, client) : null;
        }
    }

    private void Leave(LimitedClient client)
    {
        lock (_lock)
        {
            _clients.Remove(client);
        }
    }

    private sealed class Place(ParquetPlaces places, LimitedClient client) : IDisposable
    {
        private int _isBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isBack, 1) == 0)
            {
                places.Leave(client);
            }
        }
    }
}
