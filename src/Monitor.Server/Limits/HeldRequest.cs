namespace Monitor.Server;

/// <summary>What one call keeps of its request, of what its client's calls may keep together. Any thread: a call whose client leaves
/// gives it back while it may still be read.</summary>
internal sealed class HeldRequest(LimitedClient client) : IDisposable
{
    private readonly Lock _lock = new();
    private int _bytes;
    private bool _isOver;

    /// <returns>False where the client's calls keep too much.</returns>
    public bool TryAdd(int bytes)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                // Its client has left: what was read is not kept.
                return true;
            }

            if (!client.TryHold(bytes))
            {
                return false;
            }

            _bytes += bytes;
            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            client.Release(_bytes);
            _bytes = 0;
        }
    }
}
