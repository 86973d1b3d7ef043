using System.Diagnostics;
using System.Text.Json;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>A monitor that a user compiled and dropped into a folder, by way of the real programs.</summary>
[RequiresKernel]
internal sealed class OwnMonitorTests
{
    [Test]
    public async Task Object_DroppedIntoTheFolder_IsInRestAndStreamsOfAgentAndAggregator()
    {
        var folder = Directory.CreateTempSubdirectory("monitors.d");
        try
        {
            using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--monitors-folder", folder.FullName);
            using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", agent.GrpcTarget);
            Assert.That(agent.Error, Does.Contain("monitors of your own: none yet"));
            Install(folder, "exec");
            foreach (var server in new[] { agent, aggregator })
            {
                await Waiting.ForAsync("the monitor", () => Answer(Find(server, "/api/monitors", "monitors", "exec") is { } found && Text(found, "status") == "active" ? found : null));
            }

            var path = Path.Combine(folder.FullName, "own program");
            File.CreateSymbolicLink(path, "/bin/true");
            var run = Command.Run(path);

            foreach (var server in new[] { agent, aggregator })
            {
                var query = $"/api/events?type=exec&field={Uri.EscapeDataString($"file={path}")}";
                var told = await Waiting.ForAsync("the event", () => Answer(Get(server, query).GetProperty("events") is { } events && events.GetArrayLength() == 1 ? Wrapped(events[0]) : null));
                Assert.That(told.Value.GetProperty("pid").GetUInt32(), Is.EqualTo(run.Pid));
                Assert.That(Text(told.Value.GetProperty("custom").GetProperty("fields").GetProperty("file"), "text"), Is.EqualTo(path));
                Assert.That(Get(server, $"/api/events?type=exec&field={Uri.EscapeDataString("file=/no/such")}").GetProperty("count").GetInt32(), Is.Zero);
                var refused = Get(server, "/api/events?field=fiel%3D1");
                Assert.That(Text(refused, "message"), Does.Contain("one of the fields").And.Contain("file"));
            }

            Assert.That(await StreamedAsync(aggregator, path), Does.Contain($"\"file\":{{\"text\":\"{path}\"}}"));
            Assert.That(Get(agent, "/openapi.json").ToString(), Does.Contain("monitor.v1.CustomDetail.exec"));
            var counters = Find(agent, "/api/programs", "programs", "exec")!.Value.GetProperty("counters");
            Assert.That(Number(counters, "produced"), Is.EqualTo(
                Number(counters, "filtered") + Number(counters, "rate_limited") + Number(counters, "lost") + Number(counters, "undecodable")
                + Number(counters, "stored") + Number(counters, "in_flight")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Object_ThatIsBad_MakesHealthDegradedByItsNameUntilItIsGone()
    {
        var folder = Directory.CreateTempSubdirectory("monitors.d");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "broken.bpf.o"), "no object");
            Install(folder, "listen");
            using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--monitors-folder", folder.FullName);
            await Waiting.ForAsync("the refusal", () => Answer(Find(agent, "/api/programs", "programs", "broken")));

            var health = Get(agent, "/health").ToString();
            Assert.That(health, Does.Contain("degraded").And.Contain("broken"));
            Assert.That(Text(Find(agent, "/api/programs", "programs", "listen")!.Value, "status"), Is.EqualTo("active"));

            File.Delete(Path.Combine(folder.FullName, "broken.bpf.o"));
            await Waiting.ForAsync("health", () => Answer(Text(Get(agent, "/health"), "status") == "healthy" ? "healthy" : null));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Agent_WithoutAnyOtherProgram_ServesThoseOfTheFolder()
    {
        var folder = Directory.CreateTempSubdirectory("monitors.d");
        try
        {
            Install(folder, "exec");
            using var agent = await ServerProcess.StartAsync(
                ServerProcess.Agent, "--bpf-folder", "/no/such/folder", "--monitors-folder", folder.FullName);

            Assert.That(Text(Find(agent, "/api/programs", "programs", "exec")!.Value, "status"), Is.EqualTo("active"));
            Assert.That(Text(Find(agent, "/api/programs", "programs", "connection")!.Value, "status"), Is.EqualTo("failed"));
            Assert.That(Text(Get(agent, "/health"), "status"), Is.EqualTo("degraded"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Commands_ForWhoWritesOne_TellAndPrint()
    {
        var file = ExampleOf("exec");
        var inspected = Command.Run(Launcher, "inspect", file).Output;
        Assert.That(inspected, Does.Contain("struct exec_record").And.Contain("bpf_probe_read_kernel_str").And.Contain("kernel    takes it"));

        using var run = Process.Start(new ProcessStartInfo(Launcher, ["run", file, "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        while (run.StandardError.ReadLine() is { } line && !line.Contains("Ctrl-C", StringComparison.Ordinal))
        {
        }

        var started = Command.Run("/bin/true");
        var told = "";
        while (!told.Contains($"\"pid\": {started.Pid},", StringComparison.Ordinal))
        {
            told = run.StandardOutput.ReadLine() ?? throw new AssertionException("it ended");
        }

        Command.Run("kill", "-TERM", $"{run.Id}");
        var rest = run.StandardError.ReadToEnd();
        run.WaitForExit();
        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(rest, Does.Match(@"\d+ produced = \d+ stored"));
    }

    [TestCase("inspect", "/no/such.bpf.o", "/no/such.bpf.o")]
    [TestCase("inspect", "", "name the file")]
    [TestCase("run", "/etc/hostname", "its name must end with .bpf.o")]
    public async Task Commands_WithAFileThatIsNone_SayWhatIsWrong(string command, string file, string reason)
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(ServerProcess.Agent, null, file.Length == 0 ? [command] : [command, file]);

        Assert.That(exitCode, Is.Not.Zero);
        Assert.That(error, Does.Contain(reason));
    }

    private static string Launcher => Path.Combine(ServerProcess.Artifacts(), "bin", ServerProcess.Agent);

    private static string ExampleOf(string name) => Path.Combine(ServerProcess.Artifacts(), "bpf/examples", $"{name}.bpf.o");

    private static void Install(DirectoryInfo folder, string name)
    {
        var file = Path.Combine(folder.FullName, $"{name}.bpf.o");
        File.Copy(ExampleOf(name), file);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-1));
    }

    // The first message of a stream from a minute ago that has the event.
    private static async Task<string> StreamedAsync(ServerProcess server, string path)
    {
        var since = Uri.EscapeDataString(DateTime.UtcNow.AddMinutes(-1).ToString("O"));
        using var curl = Process.Start(new ProcessStartInfo(
            "curl", ["-sN", $"{server.HttpUrl}/api/events/stream?type=exec&since={since}&field={Uri.EscapeDataString($"file={path}")}"])
        { RedirectStandardOutput = true })!;
        try
        {
            using var patience = new CancellationTokenSource(Limit.OfSeconds(20));
            while (await curl.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (line.Contains("\"custom\":", StringComparison.Ordinal))
                {
                    return line;
                }
            }

            throw new AssertionException("the stream ended");
        }
        finally
        {
            curl.Kill();
        }
    }

    private static JsonElement Get(ServerProcess server, string path) =>
        JsonDocument.Parse(Command.Run("curl", "-s", $"{server.HttpUrl}{path}").Output).RootElement;

    private static JsonElement? Find(ServerProcess server, string path, string list, string name)
    {
        foreach (var element in Get(server, path).GetProperty(list).EnumerateArray())
        {
            if (Text(element, "name") == name)
            {
                return element;
            }
        }

        return null;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static long Number(JsonElement element, string name) => long.Parse(Text(element, name), System.Globalization.CultureInfo.InvariantCulture);

    private static Task<Found?> Answer(JsonElement? element) => Task.FromResult(element is { } found ? Wrapped(found) : null);

    private static Task<Found?> Answer(Found? found) => Task.FromResult(found);

    private static Task<string?> Answer(string? text) => Task.FromResult(text);

    private static Found Wrapped(JsonElement value) => new(value);

    private sealed record Found(JsonElement Value);
}
