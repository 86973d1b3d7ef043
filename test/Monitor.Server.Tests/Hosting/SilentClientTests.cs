using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Hosting;

/// <summary>Clients that connect and say too little to be served.</summary>
internal sealed class SilentClientTests
{
    private const string OnlyThePreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [TestCase(false, "")]
    [TestCase(false, "P")]
    [TestCase(false, OnlyThePreface)]
    [TestCase(true, "")]
    [TestCase(true, "PR")]
    public async Task Silence_BeyondTheTimeout_ClosesTheConnection(bool grpc, string sent)
    {
        await using var server = await TestServer.StartAsync(new MonitorServerOptions
        {
            Http = TestServer.Options().Http,
            Grpc = TestServer.Options().Grpc,
            RequestHeadersTimeout = TimeSpan.FromMilliseconds(100),
            IdleTimeout = TimeSpan.FromMilliseconds(100),
        });

        using var client = await ConnectAsync(server, grpc, sent);

        await ReadToEndAsync(client);
    }

    [TestCase(false, "")]
    [TestCase(false, OnlyThePreface)]
    [TestCase(true, "P")]
    public async Task Stop_WithASilentConnection_IsQuick(bool grpc, string sent)
    {
        await using var server = await TestServer.StartAsync();
        using var client = await ConnectAsync(server, grpc, sent);
        // Accepted before this one, so it is known to the server.
        await server.Http.GetStringAsync("/health");
        await server.Status.GetHealthAsync(new V1.GetHealthRequest());

        var clock = Stopwatch.StartNew();
        await server.App.StopAsync();

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
        await ReadToEndAsync(client);
    }

    private static async Task<TcpClient> ConnectAsync(TestServer server, bool grpc, string sent)
    {
        var client = new TcpClient();
        await client.ConnectAsync(grpc ? IPEndPoint.Parse(server.EndPoints.GrpcTarget) : server.EndPoints.Http);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(sent));
        return client;
    }

    private static async Task ReadToEndAsync(TcpClient client)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var received = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(received, patience.Token);
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
    }
}
