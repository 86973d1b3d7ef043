using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Agent.Tests.Kernel;
using Monitor.Bpf.Attaching;
using Monitor.V1;

namespace EndToEnd.Tests;

/// <summary>How an agent starts, refuses to, and ends.</summary>
[RequiresKernel]
internal sealed class LifeTests
{
    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task Signal_WithOpenStreams_EndsWithinTwoSecondsAndDetaches(string signal)
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);
        using var channel = GrpcChannel.ForAddress($"http://{agent.GrpcTarget}");
        using var stream = new EventService.EventServiceClient(channel).StreamEvents(new StreamEventsRequest());
        await stream.ResponseStream.MoveNext(CancellationToken.None);
        using var curl = Process.Start(new ProcessStartInfo("curl", ["-sN", $"{agent.HttpUrl}/api/events/stream"]) { RedirectStandardOutput = true })!;
        await curl.StandardOutput.ReadLineAsync();
        // A machine with much traffic fills the pipe, and curl would wait for its reader.
        var rest = curl.StandardOutput.ReadToEndAsync();
        Assert.That(ProgramsOf(agent.Id), Is.Not.Empty);

        var clock = Stopwatch.StartNew();
        agent.Signal(signal);
        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });
        var exitCode = await agent.ExitAsync();

        Assert.That(clock.Elapsed, Is.LessThan(Limit.OfSeconds(2)));
        Assert.That(exitCode, Is.Zero, agent.Error);
        Assert.That(ended!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(ended.Status.Detail, Does.Contain("resume_token"));
        Assert.That(ProgramsOf(agent.Id), Is.Empty);
        await rest;
        await curl.WaitForExitAsync();
    }

    [Test]
    public async Task Start_ItsReaderAlone_GoesBeforeOthers()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);
        using var http = PatientHttp.Client();
        await http.GetStringAsync(new Uri($"{agent.HttpUrl}/api/events?limit=1"));

        var first = Directory.GetDirectories($"/proc/{agent.Id}/task")
            .Where(thread => NiceOf(thread) < 0).Select(thread => File.ReadAllText($"{thread}/comm").Trim());

        Assert.That(first, Is.EqualTo(["event-reader"]));
    }

    [Test]
    public async Task Kill_LeavesNothingAttached()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);

        agent.Signal("KILL");
        await agent.ExitAsync();

        await Waiting.ForAsync("the kernel to drop the programs", () => Task.FromResult(AttachedConnectHooks() == 0 ? "" : null));
    }

    [Test]
    public async Task Port_InUse_IsOneMessage()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (exitCode, _, error) = await ServerProcess.RunAsync(ServerProcess.Agent, null, "--http", taken.LocalEndpoint.ToString()!, "--grpc", "127.0.0.1:0");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain("--http").And.Contain(taken.LocalEndpoint.ToString()).And.Not.Contain("   at "));
    }

    [TestCase(new[] { "--limit", "3" }, "--limit")]
    [TestCase(new[] { "--retention", "lots" }, "--retention is 'lots'")]
    [TestCase(new[] { "--retention", "1" }, "--retention is '1'")]
    [TestCase(new[] { "--http", "8080:host" }, "--http")]
    [TestCase(new[] { "--programs", "conection" }, "connection")]
    [TestCase(new[] { "--network-namespace", "does-not-exist" }, "ip netns")]
    [TestCase(new[] { "--cgroup", "/proc" }, "cgroup2")]
    [TestCase(new[] { "--exclude-port", "70000" }, "--exclude-port")]
    [TestCase(new[] { "--log-level", "loud" }, "debug")]
    public async Task Setting_Bad_ExitsWith2AndTeaches(string[] arguments, string mentions)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(ServerProcess.Agent, null, arguments);

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(output, Is.Empty);
        Assert.That(error, Does.StartWith("monitor-agent: ").And.Contain(mentions).And.Contain("--help"));
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Setting_UnknownVariable_ExitsWith2()
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(ServerProcess.Agent, new Dictionary<string, string> { ["MONITOR_RETENTON"] = "1GiB" });

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(error, Does.Contain("MONITOR_RETENTON").And.Contain("MONITOR_RETENTION"));
    }

    [Test]
    public async Task NodeName_OfThePlatformTooLong_ExitsWith2AndTeaches()
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(
            ServerProcess.Agent, new Dictionary<string, string> { ["NODE_NAME"] = new('n', 257) });

        Assert.That((exitCode, output), Is.EqualTo((2, "")));
        Assert.That(error, Does.StartWith("monitor-agent: NODE_NAME is 'nnn").And.Contain("256 bytes").And.Contain("--node-name"));
    }

    [Test]
    public async Task Help_ExplainsEverySetting()
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(ServerProcess.Agent, null, "--help");

        Assert.That((exitCode, error), Is.EqualTo((0, "")));
        Assert.That(output, Does.Contain("--retention").And.Contain("MONITOR_RETENTION").And.Contain("64MiB").And.Contain("--config"));
    }

    [Test]
    public async Task Privileges_Missing_IsOneMessage()
    {
        // Somebody who may read the files, and nothing else.
        var (exitCode, error) = await ServerProcess.RunBehindAsync(ServerProcess.Agent,
            "setpriv", ["--inh-caps=-all", "--bounding-set=-all,+dac_override", "--reuid=65534", "--clear-groups", "--ambient-caps=-all"],
            "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        Assert.That(exitCode, Is.EqualTo(1), error);
        Assert.That(error, Does.Contain("CAP_BPF").And.Contain("root").And.Not.Contain("   at "));
    }

    [Test]
    public async Task Capabilities_OfTheUnit_LoadEveryProgram()
    {
        using var agent = await ServerProcess.StartBehindAsync(
            ServerProcess.Agent, "env", [.. ServiceTests.UnitMemory, "setpriv", .. SetprivAs(ServiceTests.NeededCapabilities())], "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        var programs = await agent.LoadedProgramsAsync();

        Assert.That(programs.Select(StatusOf), Is.EqualTo(["active", "active"]), agent.Error);
        Assert.That(programs.SelectMany(NotesOf), Is.Empty);
    }

    [Test]
    public async Task Capabilities_OfTheUnitWherePerfEventsAreRestricted_AreOneMessageWithWhatHelps()
    {
        Assume.That(ServiceTests.PerfEventsAreRestricted(), Is.True, "this kernel lets CAP_PERFMON open perf events");

        var (exitCode, error) = await ServerProcess.RunBehindAsync(
            ServerProcess.Agent, "env", [.. ServiceTests.UnitMemory, "setpriv", .. SetprivAs(ServiceTests.UnitCapabilities())], "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        Assert.That(exitCode, Is.EqualTo(1), error);
        Assert.That(error, Does.Contain("kernel.perf_event_paranoid is").And.Contain("CAP_SYS_ADMIN").And.Not.Contain("   at "));
    }

    [Test]
    public async Task Capabilities_WithoutIpcLock_LoadEveryProgramWithSmallerRingsAndSayIt()
    {
        Assume.That(Environment.OSVersion.Version, Is.GreaterThanOrEqualTo(new Version(5, 11)), "this kernel counts maps against the limit too");
        // Room for a ring of 256 KiB and one of 64 KiB for each CPU, whoever uses kernel.perf_event_mlock_kb already.
        var limit = int.Parse(Command.Run("getconf", "_NPROCESSORS_ONLN").Output, CultureInfo.InvariantCulture) * (350 << 10);
        var capabilities = ServiceTests.NeededCapabilities().Where(name => name != "ipc_lock");
        using var agent = await ServerProcess.StartBehindAsync(
            ServerProcess.Agent, "prlimit", [$"--memlock={limit}:{limit}", "setpriv", .. SetprivAs(capabilities)],
            "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        var programs = await agent.LoadedProgramsAsync();

        Assert.That(programs.Select(StatusOf), Is.EqualTo(["active", "active"]), agent.Error);
        Assert.That(programs.SelectMany(NotesOf), Has.Some.Contains("CAP_IPC_LOCK"));
        Assert.That(agent.Error, Does.Contain("note: rings of"));
    }

    [TestCase("true", false)]
    [TestCase("umount -l {0} && mount -t cgroup2 none {0}", true)]
    public async Task CgroupNamespace_OfItsOwn_WatchesTheHostOrSaysThatItCannot(string mount, bool limited)
    {
        var root = CgroupMount.Find()!.Path;
        var folder = Directory.CreateDirectory(Path.Combine(root, $"mon-life-{Environment.ProcessId}"));
        try
        {
            var script = string.Create(CultureInfo.InvariantCulture,
                $"echo $$ >{folder.FullName}/cgroup.procs && exec unshare --cgroup --mount sh -c '{mount.Replace("{0}", root, StringComparison.Ordinal)} && exec \"$@\"' sh \"$@\"");
            using (var agent = await ServerProcess.StartBehindAsync(
                ServerProcess.Agent, "sh", ["-c", script, "sh"], "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--programs", "connection"))
            {
                using var outside = new UdpClient();
                outside.Connect("127.0.0.1", 7011);
                outside.Close();

                var notes = NotesOf((await agent.LoadedProgramsAsync())[0]);
                Assert.That(notes, limited ? Has.Some.Contains("--cgroupns=host") : Is.Empty);
                if (!limited)
                {
                    await Waiting.ForAsync("an attempt of this process", async () =>
                        (await agent.GetAsync($"/api/events?pid={Environment.ProcessId}")).GetProperty("events").GetArrayLength() > 0 ? "" : null);
                }
            }

            await Waiting.ForAsync("the cgroup to be empty", () =>
                Task.FromResult(File.ReadAllText($"{folder.FullName}/cgroup.procs").Length == 0 ? "" : null));
        }
        finally
        {
            folder.Delete();
        }
    }

    [Test]
    public async Task PidNamespace_OfItsOwn_SaysThatItsEventsAreNotLeftOut()
    {
        using var agent = await ServerProcess.StartBehindAsync(
            ServerProcess.Agent, "unshare", ["--pid", "--fork", "--kill-child", "--mount-proc"], "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        Assert.That(agent.Error, Does.Contain("hostPID: true").And.Contain("--pid=host"));
    }

    [Test]
    public async Task OpenFiles_TooManyForAWhile_ReadsOn()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--programs", "connection");
        if (agent.Error.Contains("without iter/bpf_map_elem", StringComparison.Ordinal))
        {
            Assert.Ignore("This kernel refuses the iterator program that opens files: " + agent.Error);
        }

        // What it loads with its first event and its first answer it must have loaded: without files .NET itself ends.
        await AttemptIsSeenAsync(7011);
        var limit = Command.Run("prlimit", "--pid", $"{agent.Id}", "--nofile", "--output=SOFT", "--noheadings", "--raw").Output;
        // An attempt that stays open, so that the agent walks: nobody answers where the queue of a listener is full.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(0);
        var clients = Enumerable.Range(0, 4).Select(_ => new TcpClient()).ToList();
        try
        {
            Command.Run("prlimit", "--pid", $"{agent.Id}", "--nofile=3:");
            var attempts = clients.Select(client => client.ConnectAsync((IPEndPoint)listener.LocalEndpoint)).ToList();
            await Waiting.ForAsync("the agent to notice", () =>
                Task.FromResult(agent.Error.Contains("EMFILE", StringComparison.Ordinal) ? "" : null));
            Command.Run("prlimit", "--pid", $"{agent.Id}", $"--nofile={limit}:");
            await Waiting.ForAsync("it to work again", () =>
                Task.FromResult(agent.Error.Contains("works again", StringComparison.Ordinal) ? "" : null));

            await AttemptIsSeenAsync(7012);
            Assert.That(agent.Error.Split("EMFILE"), Has.Length.EqualTo(2), "said once");
            clients.ForEach(client => client.Dispose());
            await Task.WhenAll(attempts.Select(attempt => attempt.ContinueWith(ended => ended.Exception, TaskScheduler.Default)));
        }
        finally
        {
            await TestContext.Out.WriteLineAsync(agent.Error);
            clients.ForEach(client => client.Dispose());
        }

        async Task AttemptIsSeenAsync(int port)
        {
            using var client = new UdpClient();
            client.Connect("127.0.0.1", port);
            client.Close();
            await Waiting.ForAsync($"an attempt to {port}", async () =>
                (await agent.GetAsync($"/api/events?destination_port={port}")).GetProperty("events").GetArrayLength() > 0 ? "" : null);
        }
    }

    [Test]
    public async Task Object_OfOneProgramBroken_RunsDegraded()
    {
        var folder = Directory.CreateTempSubdirectory("monitor-test-").FullName;
        File.Copy(Path.Combine(ServerProcess.Artifacts(), "bpf", "connection.bpf.o"), Path.Combine(folder, "connection.bpf.o"));
        File.WriteAllText(Path.Combine(folder, "packet_drop.bpf.o"), "not an object");
        try
        {
            using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--bpf-folder", folder);

            Assert.That((await agent.GetAsync("/health")).GetProperty("status").GetString(), Is.EqualTo("degraded"));
            var broken = (await agent.LoadedProgramsAsync())[1];
            Assert.That(broken.GetProperty("name").GetString(), Is.EqualTo("packet_drop"));
            Assert.That(broken.GetProperty("status").GetString(), Is.EqualTo("failed"));
            Assert.That(broken.GetProperty("error").GetString(), Is.Not.Empty);
            Assert.That(agent.Error, Does.Contain("packet_drop: FAILED"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task Object_OfAnotherLayout_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("monitor-test-").FullName;
        File.Copy(Path.Combine(ServerProcess.Artifacts(), "bpf", "packet_drop.bpf.o"), Path.Combine(folder, "connection.bpf.o"));
        try
        {
            var (exitCode, _, error) = await ServerProcess.RunAsync(ServerProcess.Agent,
                null, "--bpf-folder", folder, "--programs", "connection", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(error, Does.Contain("connection").And.Contain("version").And.Not.Contain("   at "));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task Hooks_Syscalls_SayWhatTheyCost()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--hooks", "syscalls", "--programs", "connection");

        var hooks = (await agent.LoadedProgramsAsync())[0].GetProperty("hooks").EnumerateArray();

        var notes = hooks.Where(hook => hook.GetProperty("status").GetString() == "active")
            .ToDictionary(hook => hook.GetProperty("name").GetString()!, hook => hook.GetProperty("note").GetString());
        Assert.That(notes["syscalls/sys_enter_connect"], Does.Contain("system call"));
        Assert.That(notes.Keys, Has.None.StartsWith("cgroup/"));
    }

    private static string[] SetprivAs(IEnumerable<string> capabilities) =>
        ["--no-new-privs", "--inh-caps=-all", $"--bounding-set=-all,{string.Join(',', capabilities.Select(name => $"+{name}"))}"];

    private static string? StatusOf(JsonElement program) => program.GetProperty("status").GetString();

    private static IEnumerable<string?> NotesOf(JsonElement program) =>
        program.GetProperty("notes").EnumerateArray().Select(note => note.GetString());

    // Programs whose file descriptors a process holds.
    private static List<string> ProgramsOf(int pid)
    {
        try
        {
            return [.. Directory.GetFiles($"/proc/{pid}/fd").Select(fd => new FileInfo(fd).LinkTarget).OfType<string>().Where(target => target.Contains("bpf", StringComparison.Ordinal))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    // Field 19 of /proc/PID/task/TID/stat; the second, in parentheses, may contain spaces.
    private static int NiceOf(string thread) =>
        int.Parse(File.ReadAllText($"{thread}/stat").Split(") ")[^1].Split(' ')[16], CultureInfo.InvariantCulture);

    private static int AttachedConnectHooks() =>
        Command.Run("bpftool", "prog", "show").Output.Split('\n').Count(line => line.Contains("name inet_sock_set_state", StringComparison.Ordinal));
}
