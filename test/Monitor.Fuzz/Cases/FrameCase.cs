using System.Net.Sockets;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server.Tests.Support;

namespace Monitor.Fuzz.Cases;

/// <summary>Connections to the port of gRPC whose frames may be anything: resets, floods, garbage. The server may close them,
/// and goes on.</summary>
internal sealed class FrameCase : FuzzCase
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private static readonly string[] Paths =
        [
            "/monitor.v1.StatusService/GetHealth", "/monitor.v1.EventService/StreamEvents", "/monitor.v1.EventService/ListEvents",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.health.v1.Health/Watch", "/nonsense", "/api/events", "",
        ];

    public override string Name => "frames";

    public override int ShortInputs => 400;

    public override int Workers => 2;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var sent = Http2Frames.Random(random, Paths);
        sent = random.Next(20) == 0 ? Damage.Of([.. Http2Frame.Preface, .. sent], random) : [.. Http2Frame.Preface, .. sent];
        using var client = new TcpClient();
        await client.ConnectAsync(context.Server.Grpc(secured: random.Next(4) == 0));
        var stream = client.GetStream();
        using var patience = new CancellationTokenSource(Patience + TimeSpan.FromMilliseconds(sent.Length / 1000));
        try
        {
            var received = stream.CopyToAsync(Stream.Null, patience.Token);
            await stream.WriteAsync(sent, patience.Token);
            await received;
            context.Count("closed by the server");
        }
        catch (IOException)
        {
            context.Count("reset by the server");
        }
        catch (OperationCanceledException)
        {
            context.Count("left by the client");
        }
    }
}
