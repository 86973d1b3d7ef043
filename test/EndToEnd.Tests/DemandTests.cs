using System.Diagnostics;
using System.Text.Json;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>Programs that are attached while somebody asks for their events, and limited to what they may cost.</summary>
[RequiresKernel]
internal sealed class DemandTests
{
    private const string Connects =
        "l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); c = socket.socket(); c.connect(l.getsockname()); c.close()";

    [Test]
    public async Task Stream_OfATypeOnDemand_AttachesItHereAndThroughAnAggregator()
    {
        using var agent = await ServerProcess.StartAsync(
            ServerProcess.Agent, "--programs", "connection,close", "--on-demand", "close");
        using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", agent.GrpcTarget);
        await UntilAsync("the link", () => Status(aggregator, "connection") == "active");

        Assert.That(Status(agent, "connection"), Is.EqualTo("active"));
        Assert.That(Status(agent, "close"), Is.EqualTo("waiting"), "a link of an aggregator asks for nothing");
        Assert.That(Get(agent, "/health").GetProperty("status").GetString(), Is.EqualTo("healthy"));

        using var other = Stream(aggregator, "connection");
        Assert.That(await other.StandardOutput.ReadLineAsync(), Does.Contain("resume_token"));
        using var curl = Stream(aggregator, "close");
        Assert.That(await curl.StandardOutput.ReadLineAsync(), Does.Contain("resume_token"));
        await UntilAsync("the program", () => Status(agent, "close") == "active");
        var client = Command.Python(Connects);
        var line = "";
        while (!line.Contains($"\"pid\":{client.Pid},", StringComparison.Ordinal))
        {
            line = await curl.StandardOutput.ReadLineAsync() ?? throw new AssertionException("the stream ended");
        }

        curl.Kill();
        other.Kill();
        Assert.That(line, Does.Contain("\"close\":{"));
        Assert.That(Program(agent, "close")!.Value.GetProperty("on_demand").GetBoolean());
    }

    [Test]
    public async Task Request_ForPrograms_AttachesThem()
    {
        using var agent = await ServerProcess.StartAsync(
            ServerProcess.Agent, "--programs", "connection,close", "--on-demand", "close,connection");
        Assert.That((Status(agent, "connection"), Status(agent, "close")), Is.EqualTo(("waiting", "waiting")));

        Command.Run("curl", "-sf", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{\"name\":[\"close\"]}",
            $"{agent.HttpUrl}/api/programs/demand");

        Assert.That((Status(agent, "connection"), Status(agent, "close")), Is.EqualTo(("waiting", "active")));
        var asked = Stopwatch.GetTimestamp();
        await UntilAsync("the end of the grace", () => Status(agent, "close") == "waiting");
        Assert.That(Stopwatch.GetElapsedTime(asked), Is.GreaterThan(TimeSpan.FromSeconds(25)));
    }

    [Test]
    public async Task Storm_AboveTheBudget_IsSampledCountedAndSaid()
    {
        using var agent = await ServerProcess.StartAsync(
            ServerProcess.Agent, "--programs", "connection,packet_drop", "--overhead-budget", "2%");
        using var storm = Process.Start(new ProcessStartInfo("python3", ["-c", Command.PythonProgram(
            "s = socket.socket(type=socket.SOCK_DGRAM)\nwhile True: s.connect(('127.0.0.1', 7))")]))!;
        try
        {
            await UntilAsync("the limit", () => Status(agent, "connection") == "degraded");
            var limited = Program(agent, "connection")!.Value;

            Assert.That(limited.GetProperty("error").GetString(), Does.Match(@"lets \d+ events per second pass, to stay within --overhead-budget 2%"));
            Assert.That(Get(agent, "/health").GetProperty("status").GetString(), Is.EqualTo("degraded"));
            await UntilAsync("what the limit leaves out", () => Number(Counters(agent), "rate_limited") > 0);
        }
        finally
        {
            storm.Kill();
            await storm.WaitForExitAsync();
        }

        // What else happens on this machine may be under way between two of the counters.
        await UntilAsync("the balance", () => Counters(agent) is var all && Number(all, "produced") ==
            Number(all, "filtered") + Number(all, "rate_limited") + Number(all, "lost") + Number(all, "stored"));
        await UntilAsync("all events to pass again", () => Status(agent, "connection") == "active");
        Assert.That(agent.Error, Does.Contain("more than --overhead-budget").And.Contain("all events pass"));
    }

    // Up to a minute: the grace of a demand is half of it.
    private static async Task UntilAsync(string what, Func<bool> holds)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
        var start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(Limit.OfSeconds(60)), $"waited for {what}");
            await pace.WaitForNextTickAsync();
        }
    }

    private static JsonElement Counters(ServerProcess server) => Program(server, "connection")!.Value.GetProperty("counters");

    private static Process Stream(ServerProcess server, string type) => Process.Start(
        new ProcessStartInfo("curl", ["-sN", $"{server.HttpUrl}/api/events/stream?type={type}"]) { RedirectStandardOutput = true })!;

    private static JsonElement Get(ServerProcess server, string path) =>
        JsonDocument.Parse(Command.Run("curl", "-s", $"{server.HttpUrl}{path}").Output).RootElement;

    private static JsonElement? Program(ServerProcess server, string name)
    {
        foreach (var program in Get(server, "/api/programs").GetProperty("programs").EnumerateArray())
        {
            if (program.GetProperty("name").GetString() == name)
            {
                return program;
            }
        }

        return null;
    }

    private static string? Status(ServerProcess server, string name) => Program(server, name)?.GetProperty("status").GetString();

    // 64-bit numbers are texts in JSON.
    private static long Number(JsonElement counters, string name) =>
        long.Parse(counters.GetProperty(name).ToString(), System.Globalization.CultureInfo.InvariantCulture);
}
