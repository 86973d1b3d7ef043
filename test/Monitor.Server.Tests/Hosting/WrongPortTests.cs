using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Hosting;

internal sealed class WrongPortTests
{
    [Test]
    public async Task GrpcCall_OnThePortOfRest_IsRefused()
    {
        await using var server = await TestServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.EndPoints.HttpUrl);

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await new StatusService.StatusServiceClient(channel).GetHealthAsync(new GetHealthRequest()));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Internal).Or.EqualTo(StatusCode.Unavailable));
        // The second where the connection's end comes before the client has read why.
        Assert.That(failure.Status.Detail, Does.Contain("HTTP_1_1_REQUIRED").Or.Contain("HTTP/2 handshake"));
    }

    [Test]
    public async Task GrpcCall_OfAnUnknownService_IsToldWhichThereAre()
    {
        await using var server = await TestServer.StartAsync();
        var empty = Marshallers.Create(_ => [], _ => "");
        var method = new Method<string, string>(MethodType.Unary, "monitor.v1.Events", "List", empty, empty);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await server.OpenChannel()
            .CreateCallInvoker()
            .AsyncUnaryCall(method, null, default, ""));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
        Assert.That(
            failure.Status.Detail,
            Does.Contain("this server has grpc.health.v1.Health, ").And.Contain(" monitor.v1.EventService, "));
    }

    [Test]
    public async Task RestRequest_OnThePortOfGrpc_IsRefused()
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.GetAsync($"http://{server.EndPoints.GrpcTarget}/health");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("HTTP/2 only"));
    }

    [Test]
    public async Task RestRequest_OverHttp2OnThePortOfGrpc_IsToldWhereRestIs()
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{server.EndPoints.GrpcTarget}/health")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain($"REST is at {server.EndPoints.HttpUrl}"));
    }

    [Test]
    public async Task GrpcPath_OverHttp1OnThePortOfRest_IsToldWhereGrpcIs()
    {
        await using var server = await TestServer.StartAsync();
        using var content = new ByteArrayContent([]);
        content.Headers.ContentType = new("application/grpc");

        using var response = await server.Http.PostAsync("/monitor.v1.StatusService/GetHealth", content);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(server.EndPoints.GrpcTarget));
    }
}
