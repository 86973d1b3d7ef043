using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Tests.Links.Support;

/// <summary>
/// What passes itself off as an agent and sends whatever a test wants: gRPC by hand over HTTP/2, so that nothing stops it
/// from being wrong.
/// </summary>
internal sealed class AgentDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AgentDouble()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public ulong Epoch { get; set; } = 0xd0;

    public string NodeName { get; set; } = "double";

    /// <summary>Whether it has any of an agent's services.</summary>
    public bool HasServices { get; set; } = true;

    /// <summary>Changes what it says of itself.</summary>
    public Action<GetHealthResponse> Health { get; set; } = static _ => { };

    /// <summary>What it streams. By default nothing, until the client leaves.</summary>
    public Func<StreamCall, Task> Stream { get; set; } = static call => call.WaitUntilClosedAsync();

    /// <summary>What it answers to other rpcs, by their path; nothing, as an agent without them, where it is null.</summary>
    public Func<string, byte[]?> Answer { get; set; } = static _ => null;

    /// <summary>How many streams were asked for.</summary>
    public int Streams { get; private set; }

    public string Address { get; private set; } = "";

    public static async Task<AgentDouble> StartAsync()
    {
        var started = new AgentDouble();
        await started._app.StartAsync();
        var urls = started._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        started.Address = new Uri(urls.Addresses.Single()).Authority;
        return started;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.ContentType = "application/grpc";
        switch (HasServices ? http.Request.Path.Value : "")
        {
            case "/monitor.v1.StatusService/GetHealth":
                var health = new GetHealthResponse
                {
                    Status = "healthy",
                    Component = "agent",
                    NodeName = NodeName,
                    Version = "1.2.3",
                    Epoch = BootEpoch.Format(Epoch),
                    Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
                };
                Health(health);
                await SendAsync(http, health.ToByteArray());
                break;
            case "/monitor.v1.EventService/StreamEvents":
                Streams++;
                await Stream(new StreamCall(http));
                break;
            case { } path when Answer(path) is { } answer:
                await SendAsync(http, answer);
                break;
            default:
                http.Response.AppendTrailer("grpc-status", "12");
                await http.Response.CompleteAsync();
                return;
        }

        http.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task SendAsync(HttpContext http, byte[] message)
    {
        var head = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), message.Length);
        await http.Response.Body.WriteAsync(head);
        await http.Response.Body.WriteAsync(message);
        await http.Response.Body.FlushAsync();
    }

    /// <summary>One call of StreamEvents.</summary>
    internal sealed class StreamCall(HttpContext http)
    {
        /// <summary>What was asked for.</summary>
        public async Task<StreamEventsRequest> ReadRequestAsync()
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            return StreamEventsRequest.Parser.ParseFrom(body.ToArray().AsSpan(5));
        }

        public Task SendAsync(byte[] message) => AgentDouble.SendAsync(http, message);

        public Task SendAsync(StreamEventsResponse message) => SendAsync(message.ToByteArray());

        public async Task WaitUntilClosedAsync() =>
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
