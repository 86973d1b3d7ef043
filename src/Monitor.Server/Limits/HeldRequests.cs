namespace Monitor.Server;

/// <summary>How many bytes of requests the calls of all clients keep. Any thread.</summary>
internal sealed class HeldRequests
{
    private long _bytes;

    /// <returns>How many there are with these.</returns>
    public long Add(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Remove(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
