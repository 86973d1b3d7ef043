using System.Globalization;
using System.Net.Sockets;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>Whatever is sent to whatever path: what is wrong is the client's fault, and the server says so in the shape of all
/// errors. Without the right token, nothing is told.</summary>
internal sealed class RestCase(bool secured) : FuzzCase
{
    // How long an answer may take; of requests that announce more than they send, how long they are listened to.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ShortPatience = TimeSpan.FromMilliseconds(40);

    public override string Name => secured ? "rest-tokens" : "rest";

    public override int ShortInputs => secured ? 2000 : 5000;

    public override int Workers => 4;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var request = new RandomRequests(random, context.Server.Paths).Next();
        var answer = new Answer(request, await SendAsync(context, request));
        context.Count(answer.Status == 0 ? "closed" : answer.Status.ToString(CultureInfo.InvariantCulture));
        if (Problem(request, answer) is { } problem)
        {
            throw new FuzzException(problem, request, await SendAsync(context, request));
        }
    }

    private string? Problem(string request, Answer answer)
    {
        if (answer.Status >= 500)
        {
            // A version of HTTP that is none of this port's, and a deadline that the client set.
            return answer.Status == 505 || (answer.Status == 504 && request.Contains("grpc-timeout: 1n", StringComparison.Ordinal))
                ? null
                : "a server error";
        }

        if (secured && answer.Status == 200 && request.Contains("/api/", StringComparison.OrdinalIgnoreCase)
            && !request.StartsWith("OPTIONS", StringComparison.Ordinal)
            && !request.Contains("application/grpc", StringComparison.Ordinal))
        {
            return "an answer without a token";
        }

        return answer.Status < 400
            || answer.IsEncoded
            || request.StartsWith("HEAD ", StringComparison.Ordinal)
            || request.Contains("application/grpc", StringComparison.Ordinal)
            || answer.IsBare(request)
            || answer.IsError()
            ? null
            : "an error that is not JSON";
    }

    private async Task<string> SendAsync(FuzzContext context, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(context.Server.Http(secured));
        var stream = client.GetStream();
        using var answer = new MemoryStream();
        // A stream goes on for ever, and so does the wait for a body that does not come.
        var isEndless = request.Contains("stream", StringComparison.OrdinalIgnoreCase)
            || request.Contains("Content-Length: 5", StringComparison.Ordinal)
            || request.Contains("100-continue", StringComparison.Ordinal)
            || request.Contains("chunked", StringComparison.Ordinal)
            || request.Contains("Upgrade", StringComparison.Ordinal);
        using var patience = new CancellationTokenSource(isEndless ? ShortPatience : Patience);
        try
        {
            await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), patience.Token);
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // The server closed the connection before it had read everything; what it said is here or lost.
        }
        catch (OperationCanceledException) when (isEndless)
        {
            // Cut short; an answer that is not complete cannot be looked at as a whole.
            return answer.Length == 0 || IsServerError(answer) ? Text(answer) : "HTTP/1.1 299 Cut Short\r\n\r\n";
        }
        catch (OperationCanceledException)
        {
            return "HTTP/1.1 599 no answer\r\n\r\n" + Text(answer);
        }

        return Text(answer);
    }

    private static bool IsServerError(MemoryStream answer) => answer.Length > 9 && answer.GetBuffer()[9] == (byte)'5';

    private static string Text(MemoryStream answer) => System.Text.Encoding.Latin1.GetString(answer.ToArray());
}
