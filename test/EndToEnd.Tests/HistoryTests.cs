using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Monitor.Agent.Tests.Kernel;
using Monitor.V1;

namespace EndToEnd.Tests;

/// <summary>Both programs with a history: killed, started again, and on a full disk.</summary>
[RequiresKernel]
internal sealed class HistoryTests
{
    private DirectoryInfo _folder = null!;
    private TcpListener _target = null!;

    [SetUp]
    public void Listen()
    {
        _folder = Directory.CreateTempSubdirectory("monitor-history-");
        _target = new TcpListener(IPAddress.Loopback, 0);
        _target.Start(200);
    }

    [TearDown]
    public void Stop()
    {
        _target.Dispose();
        _folder.Delete(recursive: true);
    }

    [Test]
    public async Task Agent_KilledAndStartedAgain_HasTheEventsAndItsStreamsGoOn()
    {
        string[] events;
        string token;
        using (var agent = await StartAgentAsync())
        {
            await ConnectAsync(30);
            events = await EventsAsync(agent, 30);
            await StoredAsync(agent);
            (_, _, token) = await StreamAsync(agent, new StreamEventsRequest { Since = new() }, 10);
            agent.Signal("KILL");
            await agent.ExitAsync();
        }

        using var next = await StartAgentAsync();
        Assert.That(await EventsAsync(next, 30), Is.EqualTo(events));

        await ConnectAsync(5);
        var (ids, losses, last) = await StreamAsync(next, new StreamEventsRequest { ResumeToken = token }, 25);
        Assert.Multiple(() =>
        {
            Assert.That(ids[..20], Is.EqualTo(events.Reverse().Skip(10)));
            Assert.That(losses.Select(loss => loss.Cause), Is.EqualTo([LossCause.Restarted]));
            Assert.That(ids, Is.Unique);
        });
        await ConnectAsync(1);
        var (following, _, _) = await StreamAsync(next, new StreamEventsRequest { ResumeToken = last }, 1);
        Assert.That(ids, Has.No.Member(following[0]));
    }

    [Test]
    public async Task Agent_StoppedAndStartedAgain_MissesNothing()
    {
        string[] events;
        using (var agent = await StartAgentAsync())
        {
            await ConnectAsync(20);
            events = await EventsAsync(agent, 20);
            agent.Signal("TERM");
            Assert.That(await agent.ExitAsync(), Is.Zero, agent.Error);
        }

        using var next = await StartAgentAsync();

        var (ids, losses, _) = await StreamAsync(next, new StreamEventsRequest { Since = new() }, 20);
        Assert.Multiple(() =>
        {
            Assert.That(ids, Is.EqualTo(events.Reverse()));
            Assert.That(losses, Is.Empty);
        });
        await ConnectAsync(2);
        var all = await EventsAsync(next, 22);
        using var client = PatientHttp.Client();
        var lines = (await client.GetStringAsync($"{next.HttpUrl}/api/events/export?destination_port={Port}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(all.Length));
        Assert.That(lines.Zip(all.Reverse()), Has.All.Matches<(string Line, string Id)>(pair => pair.Line.Contains(pair.Id, StringComparison.Ordinal)));
    }

    [Test]
    public async Task Aggregator_KilledAndStartedAgain_ReadsOnWhereItWas()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--programs", "connection");
        string[] events;
        string token;
        using (var aggregator = await StartAggregatorAsync(agent))
        {
            await ConnectAsync(30);
            events = await EventsAsync(aggregator, 30);
            await StoredAsync(aggregator);
            (_, _, token) = await StreamAsync(aggregator, new StreamEventsRequest { Since = new() }, 10);
            aggregator.Signal("KILL");
            await aggregator.ExitAsync();
        }

        await ConnectAsync(10);
        using var next = await StartAggregatorAsync(agent);
        var all = await EventsAsync(next, 40);
        var (ids, losses, _) = await StreamAsync(next, new StreamEventsRequest { ResumeToken = token }, 30);

        Assert.Multiple(() =>
        {
            Assert.That(all[10..], Is.EqualTo(events));
            Assert.That(ids, Is.EqualTo(all.Reverse().Skip(10)));
            Assert.That(losses, Is.Empty);
        });
        var stats = (await next.GetAsync("/api/agents")).GetProperty("agents")[0];
        Assert.That(stats.GetProperty("restarts").GetString(), Is.EqualTo("0"));
    }

    [Test]
    public async Task Disk_Full_TheAgentServesFromMemoryAndIsDegraded()
    {
        using var disk = new SmallDisk(4 << 10);
        using var agent = await ServerProcess.StartAsync(
            ServerProcess.Agent, "--programs", "connection", "--history", Path.Combine(disk.Folder, "history"));
        disk.Fill();

        await Waiting.ForAsync("the agent to be degraded", async () =>
        {
            await ConnectAsync(50);
            var health = await agent.GetAsync("/health");
            return health.GetProperty("status").GetString() == "degraded"
                && health.GetProperty("parts").EnumerateArray().Any(part =>
                    part.GetProperty("name").GetString() == "history"
                    && part.GetProperty("message").GetString()!.Contains("full", StringComparison.Ordinal))
                ? "" : null;
        }, seconds: 120);
        var newest = await EventsAsync(agent, 50);

        disk.Free();
        await Waiting.ForAsync(
            "the agent to be healthy",
            async () => (await agent.GetAsync("/health")).GetProperty("status").GetString() == "healthy" ? "" : null);
        Assert.That(newest, Is.Unique);
        Assert.That((await agent.GetAsync("/api/stats")).GetProperty("history").GetProperty("missed").GetString(), Is.EqualTo("0"));
    }

    [Test]
    public async Task Disk_ReadOnlyAtTheStart_TheAgentServesFromMemoryAndIsDegraded()
    {
        using var disk = new SmallDisk(4 << 10);
        string[] options = ["--programs", "connection", "--history", Path.Combine(disk.Folder, "history")];
        using (var agent = await ServerProcess.StartAsync(ServerProcess.Agent, options))
        {
            agent.Signal("TERM");
            Assert.That(await agent.ExitAsync(), Is.Zero, agent.Error);
        }

        disk.MakeReadOnly();
        using var next = await ServerProcess.StartAsync(ServerProcess.Agent, options);
        await ConnectAsync(20);

        Assert.That(await EventsAsync(next, 20), Is.Unique);
        var health = await next.GetAsync("/health");
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        Assert.That(
            health.GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("name").GetString() == "history").GetProperty("message").GetString(),
            Does.Contain(disk.Folder).And.Contain("Read-only").And.Contain("Start again"));
        next.Signal("TERM");
        Assert.That(await next.ExitAsync(), Is.Zero, next.Error);
    }

    [TestCase("/proc/history", "--history")]
    [TestCase("/dev/null/history", "--history")]
    public async Task Folder_ThatCannotBeUsed_EndsTheStartWithTheRemedy(string folder, string mentions)
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(
            ServerProcess.Aggregator, null, "--agent", "127.0.0.1:1", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--history", folder);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain(mentions).And.Contain(folder).And.Contain("Give a folder").And.Not.Contain("   at "));
    }

    [TestCase("--history-age", "7")]
    [TestCase("--history-age", "0d")]
    [TestCase("--history-size", "1KiB")]
    public async Task Setting_Bad_ExitsWith2(string option, string value)
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(
            ServerProcess.Aggregator, null, "--agent", "127.0.0.1:1", "--history", _folder.FullName, option, value);

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(error, Does.Contain(option).And.Contain(value));
    }

    private Task<ServerProcess> StartAgentAsync() => ServerProcess.StartAsync(
        ServerProcess.Agent, "--programs", "connection", "--node-name", "node-1", "--history", Path.Combine(_folder.FullName, "history"));

    private Task<ServerProcess> StartAggregatorAsync(ServerProcess agent) => ServerProcess.StartAsync(
        ServerProcess.Aggregator, "--agent", agent.GrpcTarget, "--history", Path.Combine(_folder.FullName, "history"));

    private async Task ConnectAsync(int times)
    {
        for (var made = 0; made < times; made++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync((IPEndPoint)_target.LocalEndpoint);
            (await _target.AcceptSocketAsync()).Dispose();
        }
    }

    private int Port => ((IPEndPoint)_target.LocalEndpoint).Port;

    // Ids, newest first.
    private async Task<string[]> EventsAsync(ServerProcess server, int count) =>
        await Waiting.ForAsync($"{count} events", async () =>
        {
            var list = await server.GetAsync($"/api/events?limit={Math.Max(count, 1000)}&destination_port={Port}");
            string[] ids = [.. list.GetProperty("events").EnumerateArray().Select(made => made.GetProperty("id").GetString()!)];
            return ids.Length >= count ? ids : null;
        });

    private static async Task StoredAsync(ServerProcess server) =>
        await Waiting.ForAsync("events to be stored", async () =>
        {
            var stats = await server.GetAsync("/api/stats");
            return stats.GetProperty("history").GetProperty("stored").GetString() == stats.GetProperty("total_events").GetString() ? "" : null;
        });

    private async Task<(string[] Ids, List<Loss> Losses, string Token)> StreamAsync(ServerProcess server, StreamEventsRequest request, int count)
    {
        using var channel = GrpcChannel.ForAddress($"http://{server.GrpcTarget}");
        request.DestinationPort.Add((uint)Port);
        request.MaxBatchEvents = count;
        using var patience = new CancellationTokenSource(Limit.OfSeconds(60));
        using var stream = new EventService.EventServiceClient(channel).StreamEvents(request, cancellationToken: patience.Token);
        var ids = new List<string>();
        var losses = new List<Loss>();
        while (true)
        {
            Assert.That(await stream.ResponseStream.MoveNext(patience.Token), Is.True);
            var message = stream.ResponseStream.Current;
            ids.AddRange(message.Events.Select(made => made.Id));
            losses.AddRange(message.Losses);
            if (ids.Count >= count)
            {
                return ([.. ids], losses, message.ResumeToken);
            }
        }
    }
}
