using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Rest;

internal sealed class RandomRequestTests
{
    private const int Workers = 4;
    private const int RequestsEach = 1500;

    // How long an answer may take; of requests that announce more than they send, how long they are listened to.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortPatience = TimeSpan.FromMilliseconds(40);

    /// <summary>Whatever is sent to whatever path: what is wrong is the client's fault, and the server says so in the
    /// shape of all errors. TestServer sees to it that nothing was logged as an error.</summary>
    [Test]
    public async Task RandomRequests_ToEveryRoute_NeverAnswerAServerError()
    {
        await using var server = await TestServer.StartAsync(agents: new FakeAgents());
        server.Source.Append(50);
        server.Source.Append(50, "packet_drop", made => made.ClearPid());
        var paths = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>()
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Concat(["/", "*", "/nonsense", "http://localhost/health"])
            .Distinct()
            .ToList();
        Assert.That(paths, Does.Contain("/api/events/stream").And.Contain("/api/list-packet-drops"));
        var problems = new ConcurrentQueue<string>();
        var statuses = new ConcurrentDictionary<int, int>();

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var requests = new RandomRequests(worker, paths);
            for (var sent = 0; sent < RequestsEach && problems.IsEmpty; sent++)
            {
                var request = requests.Next();
                var answer = await SendAsync(server, request);
                if (Problem(request, answer, statuses) is { } problem)
                {
                    problems.Enqueue($"{problem}\nrequest: {Show(request)}\nanswer: {Show(answer)}");
                }
            }
        })));

        Assert.That(problems, Is.Empty);
        Assert.That(await server.Http.GetStringAsync("/health"), Does.Contain("healthy"));
        var seen = string.Join(", ", statuses.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}: {entry.Value}"));
        await TestContext.Progress.WriteLineAsync(seen);
        Assert.That(statuses.Keys, Is.SupersetOf(new[] { 200, 204, 400, 404, 405, 414, 421, 431 }), seen);
        await server.WaitUntilClosedAsync();
    }

    private static string? Problem(string request, string answer, ConcurrentDictionary<int, int> statuses)
    {
        if (answer.StartsWith("HTTP/1.1 100 Continue\r\n\r\n", StringComparison.Ordinal))
        {
            answer = answer["HTTP/1.1 100 Continue\r\n\r\n".Length..];
        }

        if (answer.Length == 0)
        {
            return null;
        }

        if (!answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            || !int.TryParse(answer.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            return "no status line";
        }

        statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
        if (status >= 500)
        {
            // A version of HTTP that is none of this port's, and a deadline that the client set.
            return status == 505 || (status == 504 && request.Contains("grpc-timeout: 1n", StringComparison.Ordinal))
                ? null
                : "a server error";
        }

        var bodyAt = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var head = answer[..bodyAt];
        var isEncoded = head.Contains("\r\nContent-Encoding:", StringComparison.Ordinal)
            || head.Contains("charset=utf-16", StringComparison.Ordinal);
        return status < 400
            || isEncoded
            || request.StartsWith("HEAD ", StringComparison.Ordinal)
            || request.Contains("application/grpc", StringComparison.Ordinal)
            || IsBare(request, status, head)
            || IsError(BodyOf(head, answer[bodyAt..]))
            ? null
            : "an error that is not JSON";
    }

    // Refused by the web server before there was a request.
    private static bool IsBare(string request, int status, string head) =>
        (status is 400 or 408 or 414 or 431 || (status == 405 && request.Contains(" * ", StringComparison.Ordinal)))
        && head.Contains("\r\nContent-Length: 0\r\n", StringComparison.Ordinal);

    private static string BodyOf(string head, string body)
    {
        if (!head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.Ordinal))
        {
            return body;
        }

        var whole = new System.Text.StringBuilder();
        for (var at = 0; ;)
        {
            var end = body.IndexOf("\r\n", at, StringComparison.Ordinal);
            var length = int.Parse(body.AsSpan(at, end - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                return whole.ToString();
            }

            whole.Append(body, end + 2, length);
            at = end + 2 + length + 2;
        }
    }

    private static bool IsError(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(System.Text.Encoding.Latin1.GetBytes(body));
            return json.RootElement.GetProperty("code").GetInt32() > 0
                && json.RootElement.GetProperty("message").GetString()!.Length > 0
                && json.RootElement.GetProperty("details").ValueKind == JsonValueKind.Array;
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException)
        {
            return false;
        }
    }

    private static async Task<string> SendAsync(TestServer server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.EndPoints.Http);
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

    private static string Show(string text) => JsonSerializer.Serialize(text.Length < 1500 ? text : text[..1500] + "...");
}
