using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Agent.Tests.Kernel;
using Monitor.V1;

namespace EndToEnd.Tests;

/// <summary>One agent at default settings and what its clients see of this machine.</summary>
[RequiresKernel]
internal sealed class ServingTests
{
    private ServerProcess _agent = null!;

    [OneTimeSetUp]
    public async Task SetUp() => _agent = await ServerProcess.StartAsync(ServerProcess.Agent);

    [OneTimeTearDown]
    public async Task TearDown()
    {
        _agent.Signal("TERM");
        Assert.That(await _agent.ExitAsync(), Is.Zero, _agent.Error);
        Assert.That(_agent.Error, Does.Not.Match(@"\dZ (error|critical) "));
        _agent.Dispose();
    }

    [Test]
    public async Task Curl_Events_ShowsARefusedConnection()
    {
        var client = Command.Python("socket.socket().connect_ex(('127.0.0.1', 1))");

        var found = await Waiting.ForAsync("the event", async () =>
        {
            var answer = Command.Run("curl", "-sf", $"{_agent.HttpUrl}/api/events?type=connection&pid={client.Pid}&limit=10");
            var events = JsonDocument.Parse(answer.Output).RootElement.GetProperty("events");
            return events.GetArrayLength() > 0 ? (object)events[0] : null;
        });

        var connection = (JsonElement)found;
        Assert.That(connection.GetProperty("command").GetString(), Is.EqualTo("python3"));
        Assert.That(connection.GetProperty("destination").GetString(), Is.EqualTo("127.0.0.1:1"));
        Assert.That(connection.GetProperty("connection").GetProperty("error").GetString(), Is.EqualTo("ECONNREFUSED"));
    }

    [Test]
    public async Task Curl_Export_SavesTheEventsThatTheListHas()
    {
        var client = Command.Python("[socket.socket().connect_ex(('127.0.0.1', 1)) for _ in range(300)]");
        var query = $"type=connection&pid={client.Pid}";
        var listed = await Waiting.ForAsync("the events", () =>
        {
            var events = JsonDocument.Parse(Command.Run("curl", "-sf", $"{_agent.HttpUrl}/api/events?{query}&limit=1000").Output).RootElement.GetProperty("events");
            return Task.FromResult(events.GetArrayLength() == 300 ? events.EnumerateArray().ToList() : null);
        });
        var folder = Directory.CreateTempSubdirectory("export");
        try
        {
            // Under the names that the agent gives them.
            Command.Run("curl", "-sfOJ", "--output-dir", folder.FullName, $"{_agent.HttpUrl}/api/events/export?{query}");
            Command.Run("curl", "-sfOJ", "--output-dir", folder.FullName, "-H", "Accept: application/vnd.apache.parquet", $"{_agent.HttpUrl}/api/events/export?{query}");

            var lines = folder.GetFiles("events-*.ndjson").Single();
            Assert.That(
                File.ReadLines(lines.FullName).Select(line => JsonDocument.Parse(line).RootElement).Where(line => !line.TryGetProperty("loss", out _)),
                Is.EqualTo(Enumerable.Reverse(listed)).Using<JsonElement>(JsonElement.DeepEquals));
            var parquet = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(folder.GetFiles("events-*.parquet").Single().FullName));
            Assert.That(parquet, Does.StartWith("PAR1").And.EndsWith("PAR1").And.Match("monitor\\.events.{1,4}300"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Agent_OutsideKubernetes_LoadsNothingOfIt()
    {
        Assert.That(
            File.ReadLines($"/proc/{_agent.Id}/maps").Where(line => line.EndsWith(".dll", StringComparison.Ordinal)),
            Has.Some.Contains("Monitor.Server").And.None.Contains("Kubernetes"));
    }

    [Test]
    public async Task CurlN_Stream_ShowsEventsAsTheyHappen()
    {
        using var curl = Process.Start(new ProcessStartInfo("curl", ["-sN", $"{_agent.HttpUrl}/api/events/stream?type=connection&destination_port=7"])
        {
            RedirectStandardOutput = true,
        })!;
        // The first line says that the stream is up.
        Assert.That(await curl.StandardOutput.ReadLineAsync(), Does.Contain("resume_token"));

        Command.Python("socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 7))");

        var line = "";
        while (!line.Contains("\"destination_port\":7", StringComparison.Ordinal))
        {
            line = await curl.StandardOutput.ReadLineAsync() ?? throw new AssertionException("the stream ended");
        }

        curl.Kill();
        Assert.That(line, Does.Contain("\"protocol\":\"UDP\""));
    }

    [Test]
    public async Task Grpc_Stream_DeliversEventsAndResumes()
    {
        using var channel = GrpcChannel.ForAddress($"http://{_agent.GrpcTarget}");
        var client = new EventService.EventServiceClient(channel);
        string token;
        using (var stream = client.StreamEvents(new StreamEventsRequest { DestinationPort = { 11 } }))
        {
            Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None));
            token = stream.ResponseStream.Current.ResumeToken;
        }

        // While nobody listens.
        var attempt = Command.Python("socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 11))");

        using var resumed = client.StreamEvents(new StreamEventsRequest { DestinationPort = { 11 }, ResumeToken = token });
        Event? found = null;
        while (found is null && await resumed.ResponseStream.MoveNext(CancellationToken.None))
        {
            found = resumed.ResponseStream.Current.Events.FirstOrDefault();
        }

        Assert.That(found!.Pid, Is.EqualTo(attempt.Pid));
    }

    [Test]
    public async Task Health_Programs_Stats_AreThere()
    {
        var health = await _agent.GetAsync("/health");
        var programs = await _agent.GetAsync("/api/programs");
        var stats = await _agent.GetAsync("/api/stats");

        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("healthy"));
        Assert.That(
            programs.GetProperty("programs").EnumerateArray().Select(p => (p.GetProperty("name").GetString(), p.GetProperty("status").GetString())),
            Is.EqualTo(new[]
            {
                ("accept", "disabled"), ("close", "disabled"), ("connection", "active"), ("dns", "disabled"),
                ("listen_overflow", "disabled"), ("packet_drop", "active"), ("reset", "disabled"), ("retransmit", "disabled"),
            }));
        Assert.That(
            (await _agent.LoadedProgramsAsync()).Select(p => p.GetProperty("kernel_memory_bytes").ToString()),
            Has.None.EqualTo("0"));
        Assert.That(
            programs.GetProperty("programs").EnumerateArray().SelectMany(program => program.GetProperty("hooks").EnumerateArray())
                .Where(hook => hook.GetProperty("status").GetString() == "active").Select(hook => hook.GetProperty("name").GetString()),
            Has.None.StartsWith("syscalls/"));
        Assert.That(stats.GetProperty("types").GetArrayLength(), Is.EqualTo(2));
    }

    [TestCase("/api/events?limit=-1", 400, "limit")]
    [TestCase("/api/events?limit=abc", 400, "limit")]
    [TestCase("/api/events?k8s_pod=x", 400, "k8s_pod_name")]
    [TestCase("/api/events?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 400, "until")]
    [TestCase("/api/events?since=yesterday", 400, "since")]
    [TestCase("/api/events?source_ip=10.0.0.0/99", 400, "source_ip")]
    [TestCase("/api/events?page_token=garbage", 400, "page_token")]
    [TestCase("/api/events/stream?resume_token=garbage", 400, "resume_token")]
    [TestCase("/api/nothing", 404, "/api/nothing")]
    public async Task BadRequests_AreAnsweredHelpfully(string path, int status, string mentions)
    {
        using var client = PatientHttp.Client();

        var response = await client.GetAsync(_agent.HttpUrl + path);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.That(body.GetProperty("message").GetString(), Does.Contain(mentions));
        Assert.That(body.GetProperty("details").GetArrayLength(), Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public async Task ResumeToken_OfAnotherRun_IsRefused()
    {
        using var other = await ServerProcess.StartAsync(ServerProcess.Agent, "--programs", "packet_drop");
        using var channel = GrpcChannel.ForAddress($"http://{other.GrpcTarget}");
        using var stream = new EventService.EventServiceClient(channel).StreamEvents(new StreamEventsRequest());
        await stream.ResponseStream.MoveNext(CancellationToken.None);
        using var ours = GrpcChannel.ForAddress($"http://{_agent.GrpcTarget}");

        using var resumed = new EventService.EventServiceClient(ours)
            .StreamEvents(new StreamEventsRequest { ResumeToken = stream.ResponseStream.Current.ResumeToken });
        var refusal = await Assert.ThrowsAsync<RpcException>(() => resumed.ResponseStream.MoveNext(CancellationToken.None));

        Assert.That(refusal!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
    }

    [Test]
    public async Task Clients_ThatNeverReadOrVanish_DisturbNobody()
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            var socket = await _agent.ConnectAsync();
            await socket.SendAsync("GET /api/events/stream?since=2020-01-01T00:00:00Z HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            sockets.Add(socket);
        }

        Command.Python("""
            s = socket.socket(type=socket.SOCK_DGRAM)
            for i in range(100000): s.connect(('127.0.0.1', 13))
            s.close()
            """);
        foreach (var socket in sockets.Take(10))
        {
            socket.Close(0); // a reset in mid-stream
        }

        var answer = await Waiting.ForAsync("all attempts", async () =>
        {
            var list = await _agent.GetAsync("/api/events?destination_port=13&limit=1");
            return list.GetProperty("total_count").GetInt32() + await LostAsync() >= 100_000 ? (object)list : null;
        });
        Assert.That(answer, Is.Not.Null);
        sockets.ForEach(socket => socket.Dispose());
    }

    private async Task<int> LostAsync()
    {
        var stats = await _agent.GetAsync("/api/stats");
        return stats.GetProperty("types").EnumerateArray()
            .Sum(type => int.Parse(type.GetProperty("counters").GetProperty("lost").ToString(), null));
    }
}
