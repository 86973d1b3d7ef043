using System.Net;
using System.Net.Sockets;
using System.Text;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>Authorizations that are nearly right: whoever does not have the token to the letter is refused.</summary>
internal sealed class BearerCase : FuzzCase
{
    private static readonly string[] Schemes = ["Bearer ", "Bearer ", "Bearer ", "bearer ", "BEARER\t", "Bearer", "Basic ", "Bearer  ", ""];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public override string Name => "bearers";

    public override int ShortInputs => 3000;

    public override int Workers => 4;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var token = Encoding.Latin1.GetString(Damage.Of(Encoding.Latin1.GetBytes(FuzzServer.Token), random, most: 2));
        var value = random.Next(10) == 0
            ? Encoding.Latin1.GetString(Damage.Of(Encoding.Latin1.GetBytes("Bearer " + FuzzServer.Token), random))
            : Schemes[random.Next(Schemes.Length)] + token + (random.Next(30) == 0 ? new string('x', 20_000) : "");
        var request = $"GET /api/events?limit=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {value}\r\n\r\n";
        // Each address is a client of its own, or the limit on guesses would answer for the token.
        var from = new IPAddress([127, (byte)random.Next(1, 255), (byte)random.Next(256), (byte)random.Next(1, 255)]);
        var answer = new Answer(request, await SendAsync(from, context.Server.Http(secured: true), request));

        // What ends a header ends the value.
        var sent = value.Split('\r', '\n', '\0')[0].Trim(' ', '\t');
        var isRight = sent.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && sent[7..].Trim() == FuzzServer.Token;
        context.Count($"{(isRight ? "right" : "wrong")}: {answer.Status}");
        var isFine = answer.Status switch
        {
            200 => isRight,
            401 or 429 => !isRight,
            // Bytes that no header may have, or too many.
            400 or 431 => value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Length > 10_000,
            _ => false,
        };
        if (!isFine)
        {
            throw new FuzzException($"status {answer.Status} for a token that is {(isRight ? "right" : "wrong")}", request);
        }
    }

    private static async Task<string> SendAsync(IPAddress from, IPEndPoint server, string request)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(server, patience.Token);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, patience.Token);
        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
