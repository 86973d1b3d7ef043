using System.Text.Json;
using Monitor.Kubernetes.Agents;
using Monitor.Kubernetes.Tests.Support;

namespace Monitor.Kubernetes.Tests.Agents;

internal sealed class EndpointReaderTests
{
    [Test]
    public void Slice_OfV1_GivesItsEndpoints() => Assert.That(Read("""
        {"metadata":{"name":"agents-x","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10"},"addressType":"IPv4",
        "endpoints":[{"addresses":["10.1.0.5"],"conditions":{"ready":true},"nodeName":"n1"},
        {"addresses":["10.1.0.6"],"conditions":{"ready":false},"nodeName":"n2"},{"addresses":[]},{"addresses":["x"]},7],
        "ports":[{"name":"rest","port":8080},{"name":"grpc","port":50051}]}
        """), Is.EqualTo(new[] { "10.1.0.5:50051 n1", "10.1.0.6:50051 n2" }));

    [Test]
    public void Endpoints_OfAnOlderServer_GiveTheSame() => Assert.That(Read("""
        {"metadata":{"name":"agents","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10"},
        "subsets":[{"addresses":[{"ip":"10.1.0.5","nodeName":"n1","targetRef":{"kind":"Pod"}}],
        "notReadyAddresses":[{"ip":"fd00::6","nodeName":"n2"}],"ports":[{"name":"grpc","port":50051,"protocol":"TCP"}]}]}
        """), Is.EqualTo(new[] { "10.1.0.5:50051 n1", "fd00::6:50051 n2" }));

    [Test]
    public void Slice_WithoutThePort_GivesAddressesAlone() => Assert.That(Read("""
        {"metadata":{"name":"agents","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10"},"endpoints":[{"addresses":["10.1.0.5"]}],
        "ports":[{"name":"other","port":1},{"name":"grpc","port":99999}]}
        """), Is.EqualTo(new[] { "10.1.0.5: " }));

    /// <summary>Neither version of slices is there: the endpoints are asked for.</summary>
    [Test]
    public async Task Server_WithoutSlices_IsAskedForEndpoints()
    {
        await using var server = new ScriptedServer(async (path, stream, token) =>
        {
            if (path.StartsWith("/apis/discovery", StringComparison.Ordinal))
            {
                await ScriptedServer.WriteAsync(stream, 404, "404 page not found");
            }
            else if (!path.Contains("watch=true", StringComparison.Ordinal))
            {
                await ScriptedServer.WriteAsync(stream, 200, """
                    {"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10"},
                    "subsets":[{"addresses":[{"ip":"10.1.0.5"}]}]}]}
                    """);
            }
            else
            {
                await ScriptedServer.BeginAsync(stream);
                await Task.Delay(Timeout.Infinite, token);
            }
        });
        using var connection = server.Connect();
        var agents = new AgentEndpoints(
            connection, "monitor", "agents", "grpc", TimeProvider.System, new CollectedLog<AgentEndpoints>());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var sets = agents.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);

        Assert.That(await sets.MoveNextAsync(), Is.True);
        Assert.That(sets.Current.Single().Address.ToString(), Is.EqualTo("10.1.0.5"));
        Assert.That(server.Lists[^1], Does.Contain("/api/v1/namespaces/monitor/endpoints?").And.Contain("fieldSelector=metadata.name%3Dagents"));
    }

    private static IEnumerable<string> Read(string json)
    {
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
        reader.Read();
        var slice = new EndpointReader("grpc").Read(ref reader, out _)!;
        return slice.Endpoints.Select(agent => $"{agent.Address}:{agent.Port} {agent.NodeName}");
    }
}
