using System.Net.Sockets;
using Monitor.Server.Tests.Support;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>A hundred clients that connect and say a part of something, byte by byte or never: the server closes each.</summary>
internal sealed class SlowCase : FuzzCase
{
    private const int Clients = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public override string Name => "slow";

    public override int ShortInputs => 1;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var clients = Enumerable.Range(0, Clients).Select(_ => (Seed: random.Next(), Kind: random.Next(4))).ToList();
        await Task.WhenAll(clients.Select(client => BeSlowAsync(new Random(client.Seed), client.Kind, context)));
    }

    private static async Task BeSlowAsync(Random random, int kind, FuzzContext context)
    {
        var whole = kind switch
        {
            0 => [],
            1 => System.Text.Encoding.Latin1.GetBytes($"GET /health HTTP/1.1\r\nHost: localhost\r\n{new string('x', 1000)}"),
            2 => Http2Frame.Preface[..random.Next(24)],
            _ => System.Text.Encoding.Latin1.GetBytes(
                "POST /api/list-connections HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"),
        };
        using var client = new TcpClient();
        await client.ConnectAsync(kind == 2 ? context.Server.Grpc(secured: false) : context.Server.Http(secured: false));
        var stream = client.GetStream();
        using var patience = new CancellationTokenSource(Patience);
        var closed = stream.CopyToAsync(Stream.Null, patience.Token);
        try
        {
            foreach (var part in whole.Chunk(kind == 3 ? whole.Length : 10))
            {
                await stream.WriteAsync(part, patience.Token);
                await Task.WhenAny(closed, Task.Delay(random.Next(100), patience.Token));
                if (closed.IsCompleted)
                {
                    break;
                }
            }

            await closed;
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
        catch (OperationCanceledException)
        {
            throw new FuzzException($"a slow client (kind {kind}) is still connected after {Patience}", System.Text.Encoding.Latin1.GetString(whole));
        }

        context.Count("closed by the server");
    }
}
