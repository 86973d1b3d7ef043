using Google.Protobuf;
using Monitor.V1;

namespace Monitor.Events.Tests;

public class NetworkCountsTests
{
    private const int Enough = 100_000;

    [Test]
    public void CatchUp_OfRandomEvents_CountsWhatAModelCounts([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        using var log = TestLog.Create(64 << 20);
        var counts = new NetworkCounts(log, NetworkLabel.Default, Enough);
        var model = new NetworkModel();
        for (var i = 0; i < 20_000; i++)
        {
            var e = TestEvents.Random(random, log.NextSequence, TestEvents.Start + random.NextInt64(10_000_000_000));
            Vary(e, random);
            model.Add(e);
            log.Append(e);
            if (random.Next(200) == 0)
            {
                log.Publish();
                counts.CatchUp();
            }
        }

        log.Publish();
        Assert.That(Sums(counts), Is.EqualTo(model.Sums));
    }

    [Test]
    public void CatchUp_OfEventsThatAreMostlyAlike_CountsWhatAModelCounts()
    {
        var random = new Random(7);
        using var log = TestLog.Create(64 << 20);
        var counts = new NetworkCounts(log, NetworkLabel.Default, Enough);
        var model = new NetworkModel();
        for (var i = 0; i < 50_000; i++)
        {
            // As many layouts and labels as there are ways for them to be taken for each other.
            var e = TestEvents.Connection(log.NextSequence, TestEvents.Start + random.NextInt64(2_000_000_000), (uint)(1 << random.Next(20)));
            e.SourcePort = (uint)(1 << random.Next(16));
            e.DestinationPort = (uint)(1 << random.Next(16));
            e.K8SNamespace = random.Next(2) == 0 ? "shop" : "post";
            e.K8SWorkloadKind = "Deployment";
            e.K8SWorkloadName = random.Next(2) == 0 ? "cart" : "tree";
            e.K8SPodName = e.K8SWorkloadName + "-" + random.Next(100);
            e.Connection.Outcome = (ConnectionDetail.Types.Outcome)random.Next(5);
            if (e.Connection.Outcome == ConnectionDetail.Types.Outcome.Failed)
            {
                e.Connection.Error = random.Next(2) == 0 ? "ETIMEDOUT" : "EHOSTDOWN";
            }

            if (random.Next(2) == 0)
            {
                e.Connection.HandshakeTime = new() { Seconds = random.Next(2), Nanos = 1 << random.Next(29) };
            }

            model.Add(e);
            log.Append(e);
        }

        log.Publish();
        Assert.That(Sums(counts), Is.EqualTo(model.Sums));
    }

    [Test]
    public void CatchUp_OfAnEventWithAFieldTwice_CountsTheLastValue()
    {
        using var log = TestLog.Create(1 << 20);
        var counts = new NetworkCounts(log, NetworkLabel.Default, Enough);
        var bytes = TestEvents.Connection(1, TestEvents.Start).ToByteArray();
        byte[] twice = [.. bytes, .. new Event { NodeName = "node-2" }.ToByteArray()];
        for (var i = 0; i < 3; i++)
        {
            Assert.That(EventColumns.TryParse(twice, log.Types, out var columns), Is.True);
            log.Append(columns, twice);
        }

        log.Publish();
        Assert.That(Sums(counts), Is.EqualTo(new Dictionary<string, long> { ["monitor_connection_attempts_total{node-2|||connected}"] = 3 }));
    }

    [Test]
    public void CatchUp_OfAScanOf60000Ports_KeepsOneSeriesForEachOutcome()
    {
        using var log = TestLog.Create(64 << 20);
        var counts = new NetworkCounts(log, NetworkLabel.Default, 400);
        for (var port = 1u; port <= 60_000; port++)
        {
            var e = TestEvents.Connection(log.NextSequence, TestEvents.Start + port);
            e.DestinationPort = port;
            e.Destination = $"{e.DestinationIp}:{port}";
            e.Connection.Outcome = port % 1000 == 0 ? ConnectionDetail.Types.Outcome.Connected : ConnectionDetail.Types.Outcome.Failed;
            e.Connection.Error = port % 1000 == 0 ? "" : "ECONNREFUSED";
            log.Append(e);
        }

        log.Publish();
        Assert.That(Sums(counts), Is.EqualTo(new Dictionary<string, long>
        {
            ["monitor_connection_attempts_total{node-1|||connected}"] = 60,
            ["monitor_connection_attempts_total{node-1|||failed}"] = 59_940,
            ["monitor_connection_failures_total{node-1|||ECONNREFUSED}"] = 59_940,
        }));
    }

    [Test]
    public void CatchUp_Of5000PodsThatComeAndGo_KeepsTheSeriesOfTheirWorkloads()
    {
        using var log = TestLog.Create(64 << 20);
        var counts = new NetworkCounts(log, NetworkLabel.Default, 400);
        AppendPods(log, 5000);
        counts.Read(families =>
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(families.Single(family => family.Name == "monitor_connection_attempts_total").Series.Select(series => series.Value), Is.EqualTo(Enumerable.Repeat(200, 50)));
                Assert.That(families.Sum(family => family.Series.Count), Is.EqualTo(50 + 40 + 1), "attempts, and handshakes up to a tenth of the limit");
            }
        });
    }

    [Test]
    public void CatchUp_OfANodeThatMakesUpWorkloads_CountsThoseOfOtherNodes([Values] bool isAggregator)
    {
        using var log = new EventLog(
            new EventLogOptions { RetentionBytes = 64 << 20, TracksOrigins = isAggregator }, TestLog.Epoch, TimeProvider.System);
        var counts = new NetworkCounts(log, NetworkLabel.Default, 400);
        foreach (var (node, workloads) in new[] { ("hostile", 1_000), ("a", 20), ("b", 20), ("c", 20) })
        {
            for (var number = 0; number < workloads; number++)
            {
                var e = TestEvents.Connection(log.NextSequence, TestEvents.Start + number);
                (e.NodeName, e.K8SNamespace, e.K8SWorkloadKind, e.K8SWorkloadName) = (node, "shop", "Deployment", $"app-{number}");
                log.Append(e);
            }
        }

        log.Publish();
        counts.Read(families =>
        {
            var attempts = families.Single(family => family.Name == "monitor_connection_attempts_total");
            // An agent has one node, and all of the room is for it.
            Assert.That(
                attempts.Series.GroupBy(series => series.Labels[0]).ToDictionary(node => node.Key, node => node.Count()),
                Is.EquivalentTo(isAggregator
                    ? new Dictionary<string, int> { ["hostile"] = 200, ["a"] = 20, ["b"] = 20, ["c"] = 20, ["other"] = 1 }
                    : new Dictionary<string, int> { ["hostile"] = 400, ["other"] = 1 }));
            Assert.That(attempts.Series.Sum(series => series.Value), Is.EqualTo(1_060));
        });
    }

    [Test]
    public void CatchUp_BeyondTheLimitOfSeries_SumsTheRestAndCountsIt()
    {
        using var log = TestLog.Create(64 << 20);
        var counts = new NetworkCounts(log, [.. NetworkLabel.Default, NetworkLabel.All.Single(label => label.Name == "pod")], 400);
        AppendPods(log, 5000);
        counts.Read(families =>
        {
            var attempts = families.Single(family => family.Name == "monitor_connection_attempts_total");
            var other = attempts.Series.Single(series => series.IsOther);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(attempts.Series, Has.Count.EqualTo(401));
                Assert.That(other.Labels, Is.EqualTo(new[] { "other", "other", "other", "other", "connected" }));
                Assert.That(attempts.Series.Sum(series => series.Value), Is.EqualTo(10_000));
                Assert.That(attempts.Folded, Is.EqualTo(other.Value).And.EqualTo(10_000 - 400 * 2));
                var handshakes = families.Single(family => family.IsHistogram && family.Series.Count > 0);
                Assert.That(handshakes.Series, Has.Count.EqualTo(41));
                Assert.That(handshakes.Series.Sum(series => series.BucketCounts.Sum()), Is.EqualTo(10_000));
            }
        });
    }

    [Test]
    public void CatchUp_LeftBehindByTheLog_CountsWhatItMissed()
    {
        using var log = TestLog.Create(EventLogOptions.MinRetentionBytes);
        var counts = new NetworkCounts(log, NetworkLabel.Default, Enough);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 50_000; i++)
            {
                log.Append(TestEvents.Connection(log.NextSequence, TestEvents.Start + i));
            }

            log.Publish();
            counts.CatchUp();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(counts.Missed, Is.Positive);
            Assert.That(counts.Counted + counts.Missed, Is.EqualTo(150_000));
            Assert.That(Sums(counts).Values.Sum(), Is.EqualTo(counts.Counted));
        }
    }

    [Test]
    public async Task WaitAsync_UntilAnEventIsPublished_Ends()
    {
        using var log = TestLog.Create(1 << 20);
        var counts = new NetworkCounts(log, NetworkLabel.Default, Enough);
        var wait = counts.WaitAsync(CancellationToken.None).AsTask();
        Assert.That(wait.IsCompleted, Is.False);
        log.Append(TestEvents.Connection(1, TestEvents.Start));
        log.Publish();
        await wait.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.That(counts.CatchUp(), Is.EqualTo(1));
    }

    private static Dictionary<string, long> Sums(NetworkCounts counts)
    {
        Dictionary<string, long> sums = [];
        counts.Read(families => sums = NetworkModel.SumsOf(families));
        return sums;
    }

    // 50 workloads with one pod after the other, each of which connects twice.
    private static void AppendPods(EventLog log, int pods)
    {
        for (var pod = 0; pod < pods; pod++)
        {
            for (var i = 0; i < 2; i++)
            {
                var e = TestEvents.Connection(log.NextSequence, TestEvents.Start + pod);
                e.K8SNamespace = "shop";
                e.K8SWorkloadKind = "Deployment";
                e.K8SWorkloadName = $"service-{pod % 50}";
                e.K8SPodName = $"service-{pod % 50}-{pod:x8}";
                e.Connection.HandshakeTime = new() { Nanos = 200_000 };
                log.Append(e);
            }
        }

        log.Publish();
    }

    // What random events always have, or never.
    private static void Vary(Event e, Random random)
    {
        e.K8SWorkloadKind = random.Next(2) == 0 ? "Deployment" : "";
        switch (e.DetailCase)
        {
            case Event.DetailOneofCase.Close: e.Close.BytesSent >>= 16; e.Close.BytesReceived = (ulong)random.Next(3); e.Close.Direction = (ConnectionDirection)random.Next(3); break;
            case Event.DetailOneofCase.Retransmit: e.Retransmit.Count = (uint)random.Next(400); break;
            case Event.DetailOneofCase.Reset: e.Reset.Direction = (ConnectionDirection)random.Next(3); break;
            case Event.DetailOneofCase.Dns: e.Dns.Latency = new() { Nanos = random.Next(1_000_000_000) }; break;
            case Event.DetailOneofCase.PacketDrop: e.PacketDrop.Severity = (DropSeverity)random.Next(4); break;
        }
    }
}
