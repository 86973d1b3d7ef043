using System.Buffers.Binary;
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
        await connection.Stream.WriteAsync(
            (byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0), .. Frame(4, 1, 0)]);
        return connection;
    }

    public static byte[] Frame(byte type, byte flags, int stream, params ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>The headers of a call, without compression.</summary>
    public static byte[] Call(string path) =>
        [
            .. Header(":method", "POST"), .. Header(":scheme", "http"), .. Header(":path", path), .. Header(":authority", "localhost"),
            .. Header("content-type", "application/grpc"), .. Header("te", "trailers"),
        ];

    public static byte[] Header(string name, string value) =>
        [0, (byte)name.Length, .. System.Text.Encoding.ASCII.GetBytes(name), (byte)value.Length, .. System.Text.Encoding.ASCII.GetBytes(value)];

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
