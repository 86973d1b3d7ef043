using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests.Answers;

/// <summary>The base of tests that ask a server, in both versions of the protocol.</summary>
[TestFixture(ReflectionVersion.V1)]
[TestFixture(ReflectionVersion.V1Alpha)]
[CancelAfter(30_000)]
public abstract class ReflectionTests(ReflectionVersion version)
{
    private ReflectionServer _server = null!;
    private GrpcChannel _channel = null!;

    internal ReflectionStream Stream { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await ReflectionServer.StartAsync();
        _channel = _server.OpenChannel();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [SetUp]
    public void OpenStream() => Stream = OpenStream(TestContext.CurrentContext.CancellationToken);

    [TearDown]
    public void CloseStream() => Stream.Dispose();

    internal ReflectionStream OpenStream(CancellationToken cancellationToken) =>
        new(_channel, version, cancellationToken);

    internal Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request) => Stream.AskAsync(request);

    internal static string[] NamesOf(ServerReflectionResponse response) =>
        [.. response.FileDescriptorResponse.FileDescriptorProto.Select(
            file => FileDescriptorProto.Parser.ParseFrom(file).Name)];

    internal static void AssertNotFound(ServerReflectionResponse response)
    {
        Assert.That(response.MessageResponseCase,
            Is.EqualTo(ServerReflectionResponse.MessageResponseOneofCase.ErrorResponse));
        Assert.Multiple(() =>
        {
            Assert.That(response.ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.NotFound));
            Assert.That(response.ErrorResponse.ErrorMessage, Is.Not.Empty);
        });
    }
}
