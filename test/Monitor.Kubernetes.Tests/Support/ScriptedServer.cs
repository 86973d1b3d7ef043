using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using k8s;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Tests.Support;

/// <summary>An HTTP/1.1 server that answers as a test tells it to, bytes and all; the next connection for each request.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, NetworkStream, CancellationToken, Task> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Task _accepting;

    /// <param name="answer">Given the path and query, writes the whole answer; the connection closes after it.</param>
    public ScriptedServer(Func<string, NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Paths and queries that were asked for.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public IReadOnlyList<string> Lists => [.. _requests.Where(request => !request.Contains("watch=true", StringComparison.Ordinal))];

    public IReadOnlyList<string> Watches => [.. _requests.Where(request => request.Contains("watch=true", StringComparison.Ordinal))];

    public ApiConnection Connect() => ApiConnection.From(() => new KubernetesClientConfiguration
    {
        Host = $"http://{_listener.LocalEndpoint}",
    });

    /// <summary>An answer of a status with a body.</summary>
    public static Task WriteAsync(Stream stream, int status, string body, string headers = "") =>
        WriteTextAsync(stream, $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    /// <summary>The start of an answer that ends with the connection.</summary>
    public static Task BeginAsync(Stream stream) =>
        WriteTextAsync(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n");

    public static async Task WriteTextAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var answering = new List<Task>();
        try
        {
            while (true)
            {
                answering.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(answering);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                var request = (await reader.ReadLineAsync(_stop.Token))?.Split(' ');
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                {
                }

                if (request is [_, var path, ..])
                {
                    _requests.Enqueue(path);
                    await _answer(path, stream, _stop.Token);
                }
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // The other side has had enough, or the test is over.
            }
        }
    }
}
