using System.Net;
using Google.Protobuf.Reflection;
using Monitor.Server.Tests.Support;
using ReflectionV1 = Grpc.Reflection.V1;
using ReflectionV1Alpha = Grpc.Reflection.V1Alpha;

namespace Monitor.Server.Tests.Discovery;

internal sealed class ReflectionTests
{
    [Test]
    public async Task Reflection_AskedForServices_NamesThoseOfTheContractAndItsOwn()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new ReflectionV1.ServerReflection.ServerReflectionClient(server.OpenChannel()).ServerReflectionInfo();

        await call.RequestStream.WriteAsync(new ReflectionV1.ServerReflectionRequest { ListServices = "" });
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        Assert.That(
            call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name),
            Is.SupersetOf(new[]
            {
                "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "monitor.v1.EventService",
                "monitor.v1.ConnectionService", "monitor.v1.ExplainService", "monitor.v1.ExportService", "monitor.v1.FlowService", "monitor.v1.ProgramService",
                "monitor.v1.StatusService",
            }));
        await call.RequestStream.CompleteAsync();
    }

    [Test]
    public async Task Reflection_V1Alpha_DescribesTheEventService()
    {
        await using var server = await TestServer.StartAsync();
        using var call = new ReflectionV1Alpha.ServerReflection.ServerReflectionClient(server.OpenChannel()).ServerReflectionInfo();

        await call.RequestStream.WriteAsync(
            new ReflectionV1Alpha.ServerReflectionRequest { FileContainingSymbol = "monitor.v1.EventService" });
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        var files = call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto
            .Select(FileDescriptorProto.Parser.ParseFrom)
            .ToList();
        Assert.That(
            files.SelectMany(file => file.Service).SelectMany(service => service.Method).Select(method => method.Name),
            Does.Contain("StreamEvents").And.Contain("SummarizePacketDrops"));
        await call.RequestStream.CompleteAsync();
    }

    [TestCase("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    [TestCase("/grpc.health.v1.Health/Check")]
    public async Task GrpcOnly_OnThePortOfRest_IsMisdirected(string path)
    {
        await using var server = await TestServer.StartAsync();

        using var response = await server.Http.PostAsync(path, null);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(server.EndPoints.GrpcTarget));
    }
}
