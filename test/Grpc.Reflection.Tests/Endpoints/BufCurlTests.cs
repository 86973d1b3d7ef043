using System.Text.Json;

namespace Grpc.Reflection.Tests.Endpoints;

[TestFixture("grpc-v1")]
[TestFixture("grpc-v1alpha")]
[CancelAfter(60_000)]
public sealed class BufCurlTests(string reflectionProtocol)
{
    private ReflectionServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await ReflectionServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task BufCurl_ListServices_NamesThem(CancellationToken cancellationToken)
    {
        var output = await CurlAsync(cancellationToken, "--list-services", _server.Address);

        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Does.Contain("library.v1.Library"));
    }

    [Test]
    public async Task BufCurl_ListMethods_NamesThem(CancellationToken cancellationToken)
    {
        var output = await CurlAsync(cancellationToken, "--list-methods", _server.Address);

        Assert.That(output, Does.Contain("library.v1.Library/GetBook").And.Contain("library.v1.Library/FollowLoans"));
    }

    [Test]
    public async Task BufCurl_Call_NeedsNoProtoFile(CancellationToken cancellationToken)
    {
        var output = await CurlAsync(
            cancellationToken, "--data", """{"title":"C"}""", $"{_server.Address}/library.v1.Library/GetBook");

        var book = JsonDocument.Parse(output).RootElement.GetProperty("book");
        Assert.Multiple(() =>
        {
            Assert.That(book.GetProperty("title").GetString(), Is.EqualTo("C"));
            Assert.That(book.GetProperty("isbn").GetString(), Is.EqualTo("978-0-13-110362-7"));
            Assert.That(book.GetProperty("chapters")[0].GetProperty("kind").GetString(), Is.EqualTo("KIND_APPENDIX"));
        });
    }

    private Task<string> CurlAsync(CancellationToken cancellationToken, params IEnumerable<string> arguments) =>
        BufTool.CurlAsync(
            cancellationToken,
            ["--protocol", "grpc", "--reflect", "--reflect-protocol", reflectionProtocol, .. arguments]);
}
