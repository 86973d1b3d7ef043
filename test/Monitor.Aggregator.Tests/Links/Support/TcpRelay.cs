using System.Net;
using System.Net.Sockets;

namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>Another address of a server, over which the test rules: it can be cut, and it can go dead without a
/// word.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpDouble _listener;
    private readonly SemaphoreSlim _flow = new(1);
    private readonly Lock _lock = new();
    private readonly HashSet<TcpClient> _open = [];
    private volatile bool _isCut;
    private bool _isFrozen;

    public TcpRelay(string target) => _listener = new TcpDouble((stream, cancellationToken) =>
        RelayAsync(stream, IPEndPoint.Parse(target), cancellationToken));

    public string Address => _listener.Address;

    /// <summary>Closes what is open, and all that is opened from now on.</summary>
    public void Cut()
    {
        _isCut = true;
        lock (_lock)
        {
            foreach (var client in _open)
            {
                client.Client.Dispose();
            }
        }
    }

    /// <summary>Lets connections through again.</summary>
    public void Mend() => _isCut = false;

    /// <summary>Stops passing on, in both directions, and closes nothing.</summary>
    public async Task FreezeAsync()
    {
        await _flow.WaitAsync();
        _isFrozen = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isFrozen)
        {
            _flow.Release();
        }

        Cut();
        await _listener.DisposeAsync();
        _flow.Dispose();
    }

    private async Task RelayAsync(NetworkStream near, IPEndPoint target, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        lock (_lock)
        {
            if (_isCut)
            {
                return;
            }

            _open.Add(client);
        }

        try
        {
            await client.ConnectAsync(target, cancellationToken);
            var far = client.GetStream();
            await Task.WhenAny(PassAsync(near, far, cancellationToken), PassAsync(far, near, cancellationToken));
        }
        catch (SocketException)
        {
            // There is nobody behind it: closing says so.
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(client);
            }
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        try
        {
            var buffer = new byte[64 << 10];
            for (int count; (count = await from.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                await _flow.WaitAsync(cancellationToken);
                _flow.Release();
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Closed by one of the three.
        }
    }
}
