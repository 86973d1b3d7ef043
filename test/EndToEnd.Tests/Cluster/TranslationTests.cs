using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests.Cluster;

/// <summary>Connections whose destination is rewritten on their way, as by a Kubernetes service.</summary>
[RequiresKernel]
internal sealed class TranslationTests : ClusterFixture
{
    [Test]
    public async Task Destination_RewrittenByNft_AttemptAndAcceptAreAPair()
    {
        await Task.WhenAll(A.StartAgentAsync("--programs", "connection"), B.StartAgentAsync("--programs", "accept"));
        foreach (var node in new[] { A, B })
        {
            await Waiting.ForAsync($"{node.Name} to be followed again", async () =>
                (await AgentAsync(node)) is var agent && agent.GetProperty("state").GetString() == "STATE_STREAMING"
                && agent.GetProperty("restarts").GetString() == "1" ? "" : null, 60);
        }

        A.Nft(
            "add table ip e2e; add chain ip e2e out { type nat hook output priority -100; }; "
            + $"add rule ip e2e out ip daddr 198.18.0.9 tcp dport 80 dnat to {B.PeerAddress}:8081");
        var server = Task.Run(() => B.Python("""
            l = socket.socket(); l.bind(("0.0.0.0", 8081)); l.listen(); l.settimeout(30)
            s, _ = l.accept(); s.recv(1)
            """));
        A.Python("""
            for i in range(100):
                c = socket.socket()
                if c.connect_ex(("198.18.0.9", 80)) == 0: break
                time.sleep(0.1)
            c.close()
            """);
        await server;

        var pair = await Waiting.ForAsync("both ends", () => Task.FromResult(
            Client.Events.FirstOrDefault(e => e.Connection is { Outcome: Monitor.V1.ConnectionDetail.Types.Outcome.Connected } && e.DestinationPort == 80) is { } attempt
            && Client.Events.FirstOrDefault(e => e.Accept is not null && e.DestinationPort == 8081) is { } accept
                ? new[] { attempt, accept } : null));

        Assert.That(pair.Select(e => e.DestinationIp), Is.EqualTo(["198.18.0.9", B.PeerAddress]));
        Assert.That(pair[0].SourcePort, Is.EqualTo(pair[1].SourcePort));
        // The later one names the other.
        Assert.That(
            pair[0].PeerEventId == pair[1].Id || pair[1].PeerEventId == pair[0].Id,
            $"{pair[0].Id} has the peer '{pair[0].PeerEventId}', {pair[1].Id} has '{pair[1].PeerEventId}'");
    }
}
