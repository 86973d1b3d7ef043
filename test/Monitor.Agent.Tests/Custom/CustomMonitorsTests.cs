using Monitor.Agent.Custom;
using Monitor.Agent.Tests.Kernel;
using Monitor.V1;

namespace Monitor.Agent.Tests.Custom;

/// <summary>Objects that come, change and go, in this kernel.</summary>
[RequiresKernel]
internal sealed class CustomMonitorsTests
{
    [Test]
    public async Task Follow_ObjectThatComes_ItsEventsAreInTheLog()
    {
        await using var folder = new FollowedFolder();
        await folder.FollowAsync();
        Assert.That(folder.Monitors.Entries, Is.Empty);

        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        var pid = Tick(25);
        await folder.StopAsync();

        Assert.That(folder.Entry("ticks").Error, Is.Empty);
        var told = folder.Events.Where(told => told.Type == "ticks" && told.Pid == pid).ToList();
        Assert.That(told, Has.Count.EqualTo(25));
        Assert.That(told.TrueForAll(one => one.Custom.Fields["version"].Number == 1 && one.Custom.Fields["tid_twice"].Number == 2 * one.Tid));
        Assert.That(told[0].Command, Is.EqualTo("python3"));
        Assert.That(folder.Imbalance("ticks"), Is.Zero);
    }

    [Test]
    public async Task Follow_ObjectThatChanges_NothingIsMissedBetweenTheTwo()
    {
        const int Ticks = 10_000;
        await using var folder = new FollowedFolder();
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        using var ticking = System.Diagnostics.Process.Start(
            "python3", ["-c", $"import os, time\nfor i in range({Ticks}):\n  os.getpgid(0)\n  time.sleep(0.0001)"]);
        await WaitAsync(() => folder.Events.Count(told => told.Pid == ticking.Id) > 500);
        folder.Put("ticks", TestObjects.Bytes("ticks_later"));
        await folder.FollowAsync();
        await ticking.WaitForExitAsync();
        await folder.StopAsync();

        // The later version begins before the earlier one ends: what both saw is there twice.
        var versions = folder.Events.Where(told => told.Pid == ticking.Id).CountBy(told => told.Custom.Fields["version"].Number).ToDictionary();
        Assert.That(versions.Keys, Is.EquivalentTo(new ulong[] { 1, 2 }));
        Assert.That(versions.Values.Sum(), Is.AtLeast(Ticks));
        Assert.That(folder.Imbalance("ticks"), Is.Zero);
        Assert.That(folder.Counters("ticks").Stored, Is.EqualTo((ulong)folder.Events.Count));
    }

    [Test]
    public async Task Follow_ObjectThatGoes_IsUnloadedAndItsCountsStay()
    {
        await using var folder = new FollowedFolder();
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        Tick(10);
        File.Delete(folder.FileOf("ticks"));
        await folder.FollowAsync();
        Tick(10);
        await folder.StopAsync();

        Assert.That(folder.Entry("ticks").Pipeline, Is.Null);
        Assert.That(folder.Counters("ticks").Stored, Is.EqualTo((ulong)folder.Events.Count).And.AtLeast(10));
        Assert.That(folder.Imbalance("ticks"), Is.Zero);
    }

    [Test]
    public async Task Follow_BadObject_IsRefusedAndDisturbsNobody()
    {
        await using var folder = new FollowedFolder();
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        folder.Put("broken", TestObjects.Bytes("ticks")[..5000]);
        folder.Put("connection", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        folder.Put("ticks", [1, 2, 3]);
        await folder.FollowAsync();
        var pid = Tick(5);
        await folder.StopAsync();

        Assert.That(folder.Entry("broken").Error, Is.Not.Empty);
        Assert.That(folder.Entry("connection").Error, Does.Contain("comes with the agent"));
        Assert.That(folder.Entry("ticks").Error, Is.Not.Empty, "what is in the folder now is said to be refused");
        Assert.That(folder.Events.Count(told => told.Pid == pid), Is.EqualTo(5), "and the version before it goes on");
    }

    [Test]
    public async Task Follow_ObjectWrittenByteByByte_IsLoadedOnceItIsComplete()
    {
        await using var folder = new FollowedFolder();
        var content = TestObjects.Bytes("ticks");
        await using (var file = File.Create(folder.FileOf("ticks")))
        {
            for (var at = 0; at < content.Length; at += 1000)
            {
                await file.WriteAsync(content.AsMemory(at, Math.Min(1000, content.Length - at)));
                await file.FlushAsync();
                await folder.FollowAsync();
                Assert.That(folder.Monitors.Entries, Is.Empty, "half an object is not even an error");
            }
        }

        // It settles by itself: the second look finds it as the first did.
        await folder.FollowAsync();
        await folder.FollowAsync();

        Assert.That(folder.Entry("ticks").Pipeline, Is.Not.Null);
        await folder.StopAsync();
    }

    [Test]
    public async Task Follow_ObjectsThatComeAndGoInAStorm_BalancesClose()
    {
        await using var folder = new FollowedFolder();
        var versions = new[] { TestObjects.Bytes("ticks"), TestObjects.Bytes("ticks_later") };
        using var ticking = TickUntilKilled(out _);
        try
        {
            for (var i = 0; i < 12; i++)
            {
                folder.Put("ticks", versions[i % 2]);
                folder.Put("ticks_too", versions[i % 2]);
                await folder.FollowAsync();
                if (i % 3 == 2)
                {
                    File.Delete(folder.FileOf("ticks_too"));
                    await folder.FollowAsync();
                }
            }
        }
        finally
        {
            ticking.Kill();
            await ticking.WaitForExitAsync();
        }

        await folder.StopAsync();
        Assert.That(folder.Failure, Is.Null);
        foreach (var name in new[] { "ticks", "ticks_too" })
        {
            Assert.That(folder.Imbalance(name), Is.Zero, name);
            Assert.That(folder.Counters(name).Stored, Is.EqualTo((ulong)folder.Events.Count(told => told.Type == name)).And.Positive, name);
        }
    }

    [Test]
    public async Task Follow_WithARateLimit_CountsWhatItLeavesOut()
    {
        await using var folder = new FollowedFolder(rateLimit: 10);
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        Tick(1000);
        await folder.StopAsync();

        var counters = folder.Counters("ticks");
        Assert.That(counters.RateLimited, Is.AtLeast(500));
        Assert.That(folder.Imbalance("ticks"), Is.Zero);
        Assert.That(counters.Losses.Single(loss => loss.Cause == LossCause.RateLimited).Count, Is.EqualTo(counters.RateLimited));
    }

    [Test]
    public async Task Follow_ObjectWithARingBuffer_ItsEventsAndLossesAreCounted()
    {
        await using var folder = new FollowedFolder();
        folder.Put("ticks_buffer", TestObjects.Bytes("ticks_buffer"));
        await folder.FollowAsync();
        // 64 KiB hold 900 of them, and the reader looks every 10 ms at best.
        var pid = Tick(20_000);
        await folder.StopAsync();

        var counters = folder.Counters("ticks_buffer");
        Assert.That(folder.Imbalance("ticks_buffer"), Is.Zero);
        Assert.That(folder.Events.Count(told => told.Pid == pid), Is.AtLeast(500));
        Assert.That(counters.Lost, Is.EqualTo(counters.Losses.SingleOrDefault(loss => loss.Cause == LossCause.RingFull)?.Count ?? 0));
        Assert.That(counters.Stored + counters.Lost, Is.AtLeast(20_000));
    }

    [Test]
    public async Task Follow_ObjectWithAnIterator_RunsItByItself()
    {
        await using var folder = new FollowedFolder();
        folder.Put("all_tasks", TestObjects.Bytes("all_tasks"));
        await folder.Monitors.StartAsync();
        if (folder.Entry("all_tasks").Error is { Length: > 0 } refusal)
        {
            Assert.Ignore($"this kernel has no iterators over tasks: {refusal}");
        }

        await WaitAsync(() => folder.Events.Any(told => told.Custom.Fields["task"].Number == (ulong)Environment.ProcessId));
        await folder.StopAsync();

        Assert.That(folder.Imbalance("all_tasks"), Is.Zero);
    }

    [Test]
    public async Task Metrics_OfMaps_AreReadByLabel()
    {
        await using var folder = new FollowedFolder();
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        Tick(40);

        var metrics = new CustomMetrics("node-1", folder.Monitors, privacy: null);
        var response = (await metrics.ReadAsync("ticks", [], default))!;

        var counter = response.Metrics.Single(family => family.Name == "by_version");
        Assert.That(counter.Kind, Is.EqualTo(MonitorMetric.Types.Kind.Counter));
        Assert.That(counter.Series.Single().Labels["key"], Is.EqualTo("1"));
        Assert.That(counter.Series.Single().Count, Is.AtLeast(40));
        var sizes = response.Metrics.Single(family => family.Name == "sizes").Series.Single(series => series.Labels["command"] == "python3");
        Assert.That(sizes.Buckets.Single().Below, Is.EqualTo(1024));
        Assert.That(sizes.Sum, Is.EqualTo(1000 * sizes.Count).And.AtLeast(40_000));
        Assert.That(await metrics.ReadAsync("nothing", [], default), Is.Null);
        Assert.That(await metrics.ReadAsync("ticks", ["node-2"], default), Is.Null);
        await folder.StopAsync();
    }

    // The process that ticked.
    private static uint Tick(int count) => Command.Python($"for i in range({count}): os.getpgid(0)").Pid;

    private static System.Diagnostics.Process TickUntilKilled(out uint pid)
    {
        var process = System.Diagnostics.Process.Start("python3", ["-c", "import os, time\nwhile True:\n  os.getpgid(0)\n  time.sleep(0.0001)"]);
        pid = (uint)process.Id;
        return process;
    }

    private static async Task WaitAsync(Func<bool> holds)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; !holds(); i++)
        {
            Assert.That(i, Is.LessThan(400), "it did not come in 20 seconds");
            await pace.WaitForNextTickAsync();
        }
    }
}
