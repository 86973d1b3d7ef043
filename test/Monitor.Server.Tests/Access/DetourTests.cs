using System.Net.Security;
using System.Net.Sockets;

namespace Monitor.Server.Tests.Access;

/// <summary>Requests that mean a path and write another: what decides about a path is where it leads.</summary>
internal sealed class DetourTests
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "TRACE", "PROPFIND", "get"];

    [TestCase("/api/events")]
    [TestCase("//api/events")]
    [TestCase("/api//events")]
    [TestCase("/api/events/")]
    [TestCase("/API/Events")]
    [TestCase("/api/%65vents")]
    [TestCase("/%61pi/events")]
    [TestCase("/api%2fevents")]
    [TestCase("/%2e/api/events")]
    [TestCase("/%2e%2e/api/events")]
    [TestCase("/health/../api/events")]
    [TestCase("/health/%2e%2e/api/events")]
    [TestCase("/health/..%2fapi/events")]
    [TestCase("/health;/../api/events")]
    [TestCase("/api/events;a=b")]
    [TestCase("/api/events%00")]
    [TestCase("\\api\\events")]
    [TestCase("https://localhost/api/events")]
    [TestCase("/monitor.v1.EventService/ListEvents")]
    [TestCase("//monitor.v1.EventService/ListEvents")]
    [TestCase("/monitor.v1.EventService/%4cistEvents")]
    [TestCase("/swagger/../api/events")]
    public async Task Path_WithoutACredential_LeadsToNothing(string path)
    {
        await using var secured = await SecuredServer.StartAsync(isHealthOpen: true);
        secured.Server.Source.Append(3);

        foreach (var method in Methods)
        {
            foreach (var header in new[] { "X-A: b", "Content-Type: application/grpc", "Content-Type: application/json\r\nX-HTTP-Method-Override: GET" })
            {
                AssertRefused(await AskAsync(secured, $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            }
        }
    }

    [TestCase("/api/stats")]
    [TestCase("/api/%73tats")]
    [TestCase("/API/STATS")]
    [TestCase("//api/stats")]
    [TestCase("/api/events/../stats")]
    [TestCase("/api/events/%2e%2e/agents")]
    [TestCase("/api/programs?k8s_namespace=team-a")]
    [TestCase("/monitor.v1.StatusService/GetStats")]
    [TestCase("/api/events?k8s_namespace=team-c")]
    [TestCase("/api/events?K8S_NAMESPACE=team-c")]
    [TestCase("/api/events?k8sNamespace=team-c")]
    [TestCase("/api/events?k8s_namespace=team-a%00")]
    [TestCase("/api/events?k8s_namespace=TEAM-A")]
    [TestCase("/api/events?k8s_namespace=team-a&k8s_namespace=team-c")]
    [TestCase("/api/events?k8s_namespace=")]
    [TestCase("/api/events?k8s_namespace=*")]
    public async Task Path_OfAReaderOfOtherNamespaces_LeadsToNothing(string path)
    {
        await using var secured = await SecuredServer.StartAsync();
        secured.Server.Source.Append(3, change: made => made.K8SNamespace = "team-c");

        foreach (var method in Methods)
        {
            AssertRefused(await AskAsync(
                secured,
                $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {SecuredServer.TeamToken}\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        }
    }

    private static void AssertRefused(string answer)
    {
        // gRPC has its status elsewhere.
        var isRefused = answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 501", StringComparison.Ordinal)
            || answer.Contains("\r\ngrpc-status: 16\r\n", StringComparison.OrdinalIgnoreCase) || answer.Contains("\r\ngrpc-status: 12\r\n", StringComparison.OrdinalIgnoreCase);
        Assert.That(isRefused, Is.True, answer);
        Assert.That(answer, Does.Not.Contain("\"events\"").And.Not.Contain("total_events"));
    }

    private static async Task<string> AskAsync(SecuredServer secured, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(secured.Server.EndPoints.Http);
#pragma warning disable CA5359 // Who the server is is not the question.
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("monitor.test");
        await tls.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(tls, System.Text.Encoding.UTF8);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }
}
