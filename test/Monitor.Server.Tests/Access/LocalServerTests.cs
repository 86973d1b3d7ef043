using System.Net;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Access;

/// <summary>A server without readers is for its machine alone, and so not for a page in the browser on it.</summary>
internal sealed class LocalServerTests
{
    [TestCase("localhost:8080", HttpStatusCode.OK)]
    [TestCase("LOCALHOST", HttpStatusCode.OK)]
    [TestCase("127.0.0.1:1", HttpStatusCode.OK)]
    [TestCase("[::1]:8080", HttpStatusCode.OK)]
    [TestCase("agent.localhost", HttpStatusCode.OK)]
    [TestCase("attacker.example", HttpStatusCode.MisdirectedRequest)]
    [TestCase("localhost.attacker.example:8080", HttpStatusCode.MisdirectedRequest)]
    [TestCase("127.0.0.1.nip.example", HttpStatusCode.MisdirectedRequest)]
    public async Task Request_ByAName_IsAnsweredOnlyWhereTheNameIsThisMachines(string host, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/events") { Headers = { Host = host } };

        using var response = await server.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }
}
