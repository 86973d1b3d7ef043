using System.Net;
using System.Net.Sockets;

namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>Something that listens, and does to every connection what the test says.</summary>
internal sealed class TcpDouble : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, CancellationToken, Task> _serve;
    private readonly Task _accepting;
    private readonly List<Task> _connections = [];

    public TcpDouble(Func<NetworkStream, CancellationToken, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        Address = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>Sends these bytes to whoever connects, and closes.</summary>
    public static TcpDouble Sending(byte[] bytes) => new(async (stream, cancellationToken) =>
    {
        var request = new byte[256];
        await stream.ReadAtLeastAsync(request, 1, throwOnEndOfStream: false, cancellationToken);
        await stream.WriteAsync(bytes, cancellationToken);
        // A connection that is closed with something unread in it is reset, and the bytes that were sent with it.
        stream.Socket.Shutdown(SocketShutdown.Send);
        while (await stream.ReadAsync(request, cancellationToken) > 0)
        {
        }
    });

    /// <summary>Accepts, and never says a word.</summary>
    public static TcpDouble Hanging() =>
        new(static (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _connections.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            await _serve(client.GetStream(), _stop.Token);
        }
    }
}
