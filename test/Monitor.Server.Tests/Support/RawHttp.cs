using System.Net.Sockets;

namespace Monitor.Server.Tests.Support;

/// <summary>Sends what no HTTP client would.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends text and answers what comes back until the server closes the connection, each byte as a character.
    /// The text says Connection: close, or is one that the server closes after.</summary>
    public static async Task<string> SendAsync(TestServer server, string request)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server.EndPoints.Http, patience.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), patience.Token);
        using var response = new MemoryStream();
        await stream.CopyToAsync(response, patience.Token);
        return System.Text.Encoding.Latin1.GetString(response.ToArray());
    }
}
