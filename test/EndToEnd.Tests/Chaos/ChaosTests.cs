using System.Diagnostics;
using System.Globalization;
using EndToEnd.Tests.Cluster;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests.Chaos;

/// <summary>
/// Faults at random, one after the other and at once, with traffic all the while. Whenever it is asked, nothing came twice, and
/// what did not come was reported, exactly. <c>./build.sh chaos [SECONDS]</c> does it for ten minutes.
/// </summary>
[RequiresKernel]
internal sealed partial class ChaosTests : ClusterFixture
{
    private readonly Ledger _ledger = new();
    private Random _random = null!;

    [Test]
    public async Task Faults_AtRandom_NothingIsMissingUnsaid()
    {
        var seconds = Setting("CHAOS_SECONDS", 0);
        var seed = Setting("CHAOS_SEED", 20261124);
        _random = new Random(seed);
        // Those that take long to be noticed are for the long run; ClusterTests have them one by one.
        (string Name, bool IsLong, Func<Task> Happen)[] faults =
        [
            ("agent stopped", false, AgentStoppedAsync), ("aggregator stopped", true, AggregatorStoppedAsync),
            ("unplugged", true, UnpluggedAsync), ("blocked", true, BlockedAsync), ("connections broken", false, BrokenAsync),
            ("log wraps while unplugged", false, WrappedAsync), ("agent killed", false, AgentKilledAsync),
            ("aggregator killed", false, AggregatorKilledAsync), ("aggregator killed while unplugged", false, BothAsync),
            ("garbage", false, GarbageAsync), ("client broken", false, ClientBrokenAsync), ("client stopped", false, ClientStoppedAsync),
            ("stranger stopped and killed", false, StrangerAsync), ("clock of an agent stepped", false, AgentClockAsync),
            ("clock of the aggregator stepped", false, AggregatorClockAsync), ("disk of the logs full", false, LogDiskAsync),
            ("disk of the certificates full", false, CertificateDiskAsync), ("disk of the history full", false, HistoryDiskAsync),
            ("bad certificate of the aggregator", false, AggregatorCertificateAsync),
            ("bad certificate of an agent", false, AgentCertificateAsync),
        ];
        var first = seconds == 0 ? faults.Where(fault => !fault.IsLong).ToArray() : faults;
        await TestContext.Progress.WriteLineAsync($"chaos: {seconds} s, seed {seed}");
        var clock = Stopwatch.StartNew();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; round < first.Length || clock.Elapsed < TimeSpan.FromSeconds(seconds); round++)
        {
            // Each once, and then at random.
            var (name, _, happen) = round < first.Length ? first[round] : faults[_random.Next(faults.Length)];
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
            $"chaos: {clock.Elapsed:mm\\:ss}; {string.Join(", ", counts.Select(count => $"{count.Value} x {count.Key}"))}; "
            + $"{Client.Events.Count} events, {Client.Losses.Count} losses, no id twice\n{_ledger}");
        Assert.That(A.Agent.Error + B.Agent.Error + Aggregator.Error, Does.Not.Match(@"\dZ (error|critical) (?!History: .*disk is full)"));
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private async Task CheckAsync()
    {
        await StateAsync(A, "STATE_STREAMING");
        await StateAsync(B, "STATE_STREAMING");
        await BalanceAsync();
        await _ledger.EnterAsync(A, Client);
        await _ledger.EnterAsync(B, Client);
    }

    private void Traffic()
    {
        A.Connect(_random.Next(500));
        B.Connect(_random.Next(500));
    }

    // While something is broken that the link to A does not feel.
    private async Task GoesOnAsync()
    {
        A.Connect(100);
        await Client.CompleteAsync(A, await A.SettledEventsAsync());
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

    private async Task BrokenAsync()
    {
        await StateAsync(A, "STATE_STREAMING");
        await BreakAsync("STATE_BACKING_OFF");
    }

    // Until the aggregator has noticed, by its next ping; returns with the way free again.
    private async Task BreakAsync(string state)
    {
        A.Break();
        Traffic();
        await StateAsync(A, state);
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
        _ledger.End(A, Client);
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

    private static Task SecondsAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds));
}
