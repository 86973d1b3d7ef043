using System.Diagnostics;
using Monitor.Aggregator.Tests.Links.Support;
using Monitor.SimulatedAgents;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Tests.Links;

/// <summary>A cluster that does not rest: nothing of it comes twice, and what is missing is reported exactly.</summary>
internal sealed class ChurnTests
{
    private const int Agents = 200;
    private const double EventsPerSecond = 30;

    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(1);

    [Test]
    public async Task Agents_JoiningAndLeavingForAMinute_BringEachEventOnceOrItsLoss()
    {
        var random = new Random(200);
        await using var cluster = await SimulatedCluster.StartAsync();
        for (var number = 0; number < Agents; number++)
        {
            cluster.Add($"node-{number}").ProduceAt(EventsPerSecond);
        }

        var agents = cluster.Agents;
        var listed = agents.Select(agent => agent.Target).ToHashSet();
        var restarts = new Dictionary<string, int>();
        await using var fleet = TestFleet.Start([.. listed]);

        // 1. A minute in which agents are cut off, come back, start anew, are taken from the list and put on it again.
        var clock = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (clock.Elapsed < Duration)
        {
            var agent = agents[random.Next(Agents)];
            switch (random.Next(5))
            {
                case 0:
                    agent.Cut();
                    break;
                case 1:
                case 2:
                    agent.Listen();
                    break;
                case 3 when random.Next(4) == 0:
                    agent.Restart();
                    restarts[agent.NodeName] = restarts.GetValueOrDefault(agent.NodeName) + 1;
                    break;
                default:
                    if (!listed.Remove(agent.Target))
                    {
                        listed.Add(agent.Target);
                    }

                    fleet.List([.. listed]);
                    break;
            }

            await pace.WaitForNextTickAsync();
        }

        // 2. Then all are there, and read to their ends.
        foreach (var agent in agents)
        {
            agent.ProduceAt(0);
            agent.Listen();
        }

        fleet.List([.. agents.Select(agent => agent.Target)]);
        foreach (var agent in agents)
        {
            await fleet.UntilAsync(
                agent.Target,
                $"is read up to {agent.Produced}",
                seen => seen.State == State.Streaming && seen.LastSequence == (ulong)agent.Produced);
        }

        // 3. Of each run: every event once, in order, or among the losses that precede the next one.
        var content = fleet.Content;
        Assert.That(fleet.Log.GetStatistics().Evicted, Is.Zero, "this log is to hold all of it");
        var runs = new Dictionary<(string Node, string Epoch), Run>();
        var evicted = new Dictionary<string, ulong>();
        var restarted = new Dictionary<string, int>();
        foreach (var entry in content.Entries)
        {
            if (entry is Loss loss)
            {
                Assert.That(loss.Cause, Is.AnyOf(LossCause.Evicted, LossCause.Restarted));
                evicted[loss.NodeName] = evicted.GetValueOrDefault(loss.NodeName) + loss.Count;
                restarted[loss.NodeName] = restarted.GetValueOrDefault(loss.NodeName) + (loss.Cause == LossCause.Restarted ? 1 : 0);
                continue;
            }

            var read = (Event)entry;
            var key = (read.NodeName, read.Id[..16]);
            evicted.Remove(read.NodeName, out var gap);
            if (!runs.TryGetValue(key, out var run))
            {
                // Where a run starts for the aggregator is not a gap in it.
                runs.Add(key, new Run(read.Sequence, read.Sequence));
                continue;
            }

            Assert.That(read.Sequence, Is.EqualTo(run.Last + gap + 1), $"{read.NodeName}, run {read.Id[..16]}");
            runs[key] = run with { Last = read.Sequence };
        }

        foreach (var agent in agents)
        {
            var seen = fleet.Get(agent.Target);
            Assert.That(seen.Events + seen.Missed, Is.EqualTo(seen.LastSequence - seen.FirstSequence + 1), agent.NodeName);
            var epoch = seen.Epoch;
            Assert.That(
                runs.TryGetValue((agent.NodeName, epoch), out var last) ? last.Last + evicted.GetValueOrDefault(agent.NodeName) : 0,
                Is.EqualTo((ulong)agent.Produced), agent.NodeName);
            // A run that was over before the aggregator reached it left no trace here.
            Assert.That(restarted.GetValueOrDefault(agent.NodeName), Is.LessThanOrEqualTo(restarts.GetValueOrDefault(agent.NodeName)));
            Assert.That(seen.Restarts, Is.EqualTo((ulong)restarted.GetValueOrDefault(agent.NodeName)));
        }

        await TestContext.Out.WriteLineAsync(
            $"{content.Events.Count} events of {runs.Count} runs of {Agents} agents, {agents.Sum(agent => (long)fleet.Get(agent.Target).Reconnects)} reconnects");
        Assert.That(runs, Has.Count.GreaterThan(Agents), "some were restarted");
    }

    private readonly record struct Run(ulong First, ulong Last);
}
