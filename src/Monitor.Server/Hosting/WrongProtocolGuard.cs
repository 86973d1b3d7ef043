using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Monitor.Server;

/// <summary>
/// Tells clients that took the port of gRPC for that of REST, or the other way round, where to go. Without it the web
/// server closes such connections with words about protocols, or none.
/// </summary>
/// <param name="next">What serves the connection.</param>
/// <param name="endPoints">Where the ports are.</param>
/// <param name="options">How long a client may take: Kestrel's own limits begin behind this.</param>
/// <param name="expectsHttp2">Whether this is the port of gRPC.</param>
internal sealed class WrongProtocolGuard(
    ConnectionDelegate next, ServerEndPoints endPoints, MonitorServerOptions options, bool expectsHttp2)
{
    // RFC 9113, 3.4. No HTTP/1 request begins with its first four bytes: PRI is no method that anybody uses.
    private static ReadOnlySpan<byte> Preface => "PRI "u8;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (await IsForNextAsync(connection))
        {
            await next(connection);
        }
    }

    // False: it has been told where to go, or it said nothing in time, or the server stops.
    private async Task<bool> IsForNextAsync(ConnectionContext connection)
    {
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var patience = new CancellationTokenSource(options.RequestHeadersTimeout, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping, connection.ConnectionClosed);
        try
        {
            if (await SpeaksHttp2Async(connection, end.Token) is not { } isHttp2 || isHttp2 == expectsHttp2)
            {
                return true;
            }

            if (isHttp2)
            {
                await MisdirectedGrpc.AnswerAsync(
                    connection,
                    $"this is the port of REST; gRPC is at {endPoints.GrpcTarget}",
                    end.Token);
            }
            else
            {
                await AnswerHttp1Async(connection);
            }
        }
        catch (Exception gone) when (gone is IOException or ConnectionResetException or OperationCanceledException)
        {
            // The client did not wait for the answer, or kept us waiting.
        }

        return false;
    }

    // Looks at the first bytes and leaves them. Null: the client closed the connection before it sent enough.
    private static async ValueTask<bool?> SpeaksHttp2Async(ConnectionContext connection, CancellationToken ct)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(ct);
            var known = Judge(read.Buffer);
            if (known is not null || read.IsCompleted || read.IsCanceled)
            {
                input.AdvanceTo(read.Buffer.Start);
                return known;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool? Judge(ReadOnlySequence<byte> received)
    {
        Span<byte> start = stackalloc byte[4];
        var length = (int)Math.Min(received.Length, start.Length);
        received.Slice(0, length).CopyTo(start);
        return !start[..length].SequenceEqual(Preface[..length]) ? false
            : length == start.Length ? true
            : null;
    }

    private async Task AnswerHttp1Async(ConnectionContext connection)
    {
        // The request must be read before the connection closes: else the client may see a reset and no answer.
        var read = await connection.Transport.Input.ReadAsync();
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        var body = RestError.Json(
            Grpc.Core.StatusCode.InvalidArgument,
            $"this is the port of gRPC; REST is at {endPoints.HttpUrl}");
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 421 Misdirected Request\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(head));
        await connection.Transport.Output.WriteAsync(body);
        await connection.Transport.Output.CompleteAsync();
    }
}
