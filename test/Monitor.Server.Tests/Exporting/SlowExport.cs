using System.Net;
using System.Net.Sockets;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Exporting;

/// <summary>An export whose client reads when the test does, on a connection of its own whose system holds little.</summary>
internal sealed class SlowExport : IDisposable
{
    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;

    private SlowExport(HttpClient http, HttpResponseMessage response, Stream body)
    {
        _http = http;
        _response = response;
        Body = body;
    }

    public Stream Body { get; }

    public static async Task<SlowExport> OpenAsync(TestServer server, string query)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 << 10 };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var response = await http.GetAsync(
            new Uri(server.EndPoints.HttpUrl + "/api/events/export?" + query), HttpCompletionOption.ResponseHeadersRead);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return new SlowExport(http, response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Reads to an end that is none: the connection breaks.</summary>
    /// <returns>What came until then.</returns>
    public async Task<byte[]> ReadUntilCutAsync()
    {
        using var bytes = new MemoryStream();
        Assert.That(async () => await Body.CopyToAsync(bytes).WaitAsync(TimeSpan.FromSeconds(20)), Throws.InstanceOf<IOException>());
        return bytes.ToArray();
    }

    public void Dispose()
    {
        _response.Dispose();
        _http.Dispose();
    }
}
