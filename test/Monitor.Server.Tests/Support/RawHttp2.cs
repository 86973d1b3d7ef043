using System.Net.Sockets;

namespace Monitor.Server.Tests.Support;

/// <summary>One connection to the port of gRPC, and frames as no client sends them (RFC 9113).</summary>
internal sealed class RawHttp2 : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client = new();
    private readonly Task _received;
    private long _bytes;

    private RawHttp2(System.Net.IPEndPoint server, System.Net.IPAddress from)
    {
        _client.Client.Bind(new System.Net.IPEndPoint(from, 0));
        _client.Connect(server);
        Stream = _client.GetStream();
        _received = ReceiveAsync();
    }

    public NetworkStream Stream { get; }

    /// <summary>How many bytes have come.</summary>
    public long Received => Volatile.Read(ref _bytes);

    /// <summary>Connects and says what every client says first.</summary>
    /// <param name="server">To where.</param>
    /// <param name="from">An address of this machine; each is a client of its own.</param>
    public static async Task<RawHttp2> ConnectAsync(TestServer server, System.Net.IPAddress? from = null)
    {
        var connection = new RawHttp2(server.EndPoints.Grpc, from ?? System.Net.IPAddress.Loopback);
        await connection.Stream.WriteAsync(Http2Frame.Preface);
        return connection;
    }

    /// <summary>Sends the same again and again, in large writes.</summary>
    /// <returns>False where the server closed the connection before all was sent.</returns>
    public async Task<bool> SendAsync(int count, Func<int, byte[]> bytes)
    {
        try
        {
            foreach (var part in Enumerable.Range(0, count).Chunk(500))
            {
                await Stream.WriteAsync(part.SelectMany(bytes).ToArray()).AsTask().WaitAsync(Patience);
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until the server closes the connection.</summary>
    public Task ClosedAsync() => _received.WaitAsync(Patience);

    public void Dispose() => _client.Dispose();

    private async Task ReceiveAsync()
    {
        try
        {
            var buffer = new byte[4096];
            for (int read; (read = await Stream.ReadAsync(buffer)) > 0;)
            {
                Interlocked.Add(ref _bytes, read);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
            // A reset is an end too.
        }
    }
}
