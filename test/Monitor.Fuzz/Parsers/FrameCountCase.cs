using System.Buffers;
using System.Net;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server;
using Monitor.Server.Tests.Support;

namespace Monitor.Fuzz.Parsers;

/// <summary>Bytes of a connection of HTTP/2: its frames are counted the same however the bytes are cut.</summary>
internal sealed class FrameCountCase : ParserCase
{
    public override string Name => "frame-counts";

    public override int ShortInputs => 3000;

    // First how long each part is.
    public override byte[] Make(Random random) =>
        [(byte)random.Next(256), .. Damage.Of([.. Http2Frame.Preface, .. Http2Frames.Random(random, ["/monitor.v1.StatusService/GetHealth"]).Take(4096)], random)];

    private static Http2Streams Streams(LimitedClient client) => new(client, TimeSpan.FromMinutes(1), TimeProvider.System, static () => { });

    protected override string Parse(byte[] input)
    {
        var part = input.Length == 0 ? 1 : input[0] + 1;
        var bytes = input.AsMemory(Math.Min(1, input.Length));
        using var client = new LimitedClient(IPAddress.Loopback, new ClientLimitOptions(), TimeProvider.System, new AllClients());
        var streams = Streams(client);
        var whole = new Http2FrameCount(streams).Add(new ReadOnlySequence<byte>(bytes));
        var counter = new Http2FrameCount(Streams(client));
        var sum = 0.0;
        for (var at = 0; at < bytes.Length; at += part)
        {
            sum += counter.Add(new ReadOnlySequence<byte>(bytes[at..Math.Min(at + part, bytes.Length)]));
        }

        // What a client sends is here what a server sends too.
        new Http2SentFrames(streams).Add(bytes.Span);
        streams.End();
        return Math.Abs(sum - whole) < 1e-6
            ? whole > 0 ? "counted" : "none"
            : throw new FuzzException($"{whole} frames in one piece, {sum} in parts of {part}", System.Text.Encoding.Latin1.GetString(input));
    }
}
