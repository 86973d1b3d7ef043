namespace Monitor.Server;

/// <summary>What all clients together have open. A client with many addresses is many clients. Any thread.</summary>
internal sealed class AllClients
{
    private long _heldBytes;
    private int _openRequests;

    /// <summary>Adds to the bytes of requests that calls keep.</summary>
    /// <returns>How many there are now.</returns>
    public long AddHeldBytes(int bytes) => Interlocked.Add(ref _heldBytes, bytes);

    /// <summary>Adds to the requests of HTTP/2 that are open.</summary>
    /// <returns>How many there are now.</returns>
    public int AddOpenRequests(int requests) => Interlocked.Add(ref _openRequests, requests);
}
