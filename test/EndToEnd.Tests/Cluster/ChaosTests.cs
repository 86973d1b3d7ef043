using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// Faults at random, one after the other and at once, with traffic all the while. Whenever it is asked, nothing came twice, and
/// what did not come was reported, exactly. <c>./build.sh chaos [SECONDS]</c> does it for ten minutes.
/// </summary>
[RequiresKernel]
internal sealed class ChaosTests : ClusterFixture
{
    private Random _random = null!;

    [Test]
    public async Task Faults_AtRandom_NothingIsMissingUnsaid()
    {
        var seconds = Setting("CHAOS_SECONDS", 40);
        var seed = Setting("CHAOS_SEED", 20261124);
        _random = new Random(seed);
        (string Name, Func<Task> Happen)[] faults =
        [
            ("agent stopped", AgentStoppedAsync), ("aggregator stopped", AggregatorStoppedAsync), ("unplugged", UnpluggedAsync),
            ("blocked", BlockedAsync), ("log wraps while unplugged", WrappedAsync), ("agent killed", AgentKilledAsync),
            ("aggregator killed", AggregatorKilledAsync), ("aggregator killed while unplugged", BothAsync), ("garbage", GarbageAsync),
        ];
        await TestContext.Progress.WriteLineAsync($"chaos: {seconds} s, seed {seed}");
        var clock = Stopwatch.StartNew();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; clock.Elapsed < TimeSpan.FromSeconds(seconds) || round < faults.Length; round++)
        {
            // Each once, and then at random.
            var (name, happen) = faults[round < faults.Length ? round : _random.Next(faults.Length)];
            counts[name] = counts.GetValueOrDefault(name) + 1;
            await TestContext.Progress.WriteLineAsync($"chaos: {clock.Elapsed:mm\\:ss} {name}");
            Traffic();
            await happen();
            Traffic();
            if (_random.Next(3) == 0)
            {
                await CheckAsync();
            }
        }

        await CheckAsync();
        await TestContext.Progress.WriteLineAsync(
            $"chaos: {string.Join(", ", counts.Select(count => $"{count.Value} x {count.Key}"))}; {Client.Events.Count} events, {Client.Losses.Count} losses");
        Assert.That(A.Agent.Error + B.Agent.Error + Aggregator.Error, Does.Not.Match(@"\dZ (error|critical) "));
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private async Task CheckAsync()
    {
        await StateAsync(A, "STATE_STREAMING");
        await StateAsync(B, "STATE_STREAMING");
        await BalanceAsync();
    }

    private void Traffic()
    {
        A.Connect(_random.Next(500));
        B.Connect(_random.Next(500));
    }

    private async Task AgentStoppedAsync()
    {
        A.Agent.Signal("STOP");
        Traffic();
        await SecondsAsync(3);
        A.Agent.Signal("CONT");
    }

    private async Task AggregatorStoppedAsync()
    {
        Aggregator.Signal("STOP");
        Traffic();
        await SecondsAsync(12);
        Aggregator.Signal("CONT");
    }

    private async Task UnpluggedAsync()
    {
        A.Unplug();
        Traffic();
        await SecondsAsync(8);
        A.Plug();
    }

    private async Task BlockedAsync()
    {
        A.Block();
        Traffic();
        await SecondsAsync(12);
        A.Unblock();
    }

    private async Task WrappedAsync()
    {
        A.Unplug();
        A.Connect(30_000);
        await SecondsAsync(2);
        A.Plug();
    }

    // At rest, since what a killed process had not sent is gone, and how much that was nobody knows.
    private async Task AgentKilledAsync()
    {
        await CheckAsync();
        A.Agent.Signal("KILL");
        await A.Agent.ExitAsync();
        Client.BeginRun(A);
        await A.StartAgentAsync("--retention", "2MiB");
    }

    private async Task AggregatorKilledAsync()
    {
        Aggregator.Signal("KILL");
        await Aggregator.ExitAsync();
        Traffic();
        await StartAggregatorAsync();
    }

    private async Task BothAsync()
    {
        A.Unplug();
        Traffic();
        await AggregatorKilledAsync();
        A.Plug();
    }

    private async Task GarbageAsync()
    {
        var bytes = new byte[64 << 10];
        foreach (var target in new[] { A.AgentTarget, $"{B.Address}:8080", Aggregator.GrpcTarget, Aggregator.HttpUrl["http://".Length..] })
        {
            _random.NextBytes(bytes);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(System.Net.IPEndPoint.Parse(target));
            try
            {
                await socket.SendAsync(bytes);
            }
            catch (SocketException)
            {
                // It has closed the connection already, which is as well.
            }
        }
    }

    private static Task SecondsAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds));
}
