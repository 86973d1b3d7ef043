namespace Monitor.Server;

/// <summary>What one call keeps of its request, of what its client's calls may keep together. One thread at a time.</summary>
internal sealed class HeldRequest(LimitedClient client) : IDisposable
{
    private int _bytes;

    /// <returns>False where the client's calls keep too much.</returns>
    public bool TryAdd(int bytes)
    {
        if (!client.TryHold(bytes))
        {
            return false;
        }

        _bytes += bytes;
        return true;
    }

    public void Dispose()
    {
        client.Release(_bytes);
        _bytes = 0;
    }
}
