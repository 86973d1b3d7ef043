using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Monitor.Agent.Tests.Kernel;
using Monitor.Protocol;

namespace EndToEnd.Tests;

/// <summary>What the agent's process may do, once it has started.</summary>
[RequiresKernel]
internal sealed class RightsTests
{
    // Before 5.19 reading a map takes CAP_BPF, unless everybody may use BPF: the agent keeps it there, and says so.
    private static readonly bool KeepsBpf = Environment.OSVersion.Version < new Version(5, 19)
        && File.ReadAllText("/proc/sys/kernel/unprivileged_bpf_disabled").Trim() != "0";

    // CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF by their bits.
    private static readonly ulong OfLoading = (1ul << 12) | (1ul << 21) | (1ul << 38) | (KeepsBpf ? 0 : 1ul << 39);

    [Test]
    public async Task Start_EveryThread_HasGivenUpWhatOnlyLoadingNeeds()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);
        await agent.GetAsync("/api/events?limit=1");

        var threads = Directory.GetDirectories($"/proc/{agent.Id}/task").Select(Status).ToList();

        Assert.That(threads, Has.Count.GreaterThan(5));
        foreach (var thread in threads)
        {
            foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
            {
                Assert.That(ulong.Parse(thread[set], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & OfLoading, Is.Zero, $"{thread["Name"]} {set}");
            }

            Assert.That((thread["NoNewPrivs"], thread["Seccomp"]), Is.EqualTo(("1", "2")), thread["Name"]);
        }

        string[] ofLoading = ["CAP_NET_ADMIN", "CAP_PERFMON", .. KeepsBpf ? Array.Empty<string>() : ["CAP_BPF"]];
        Assert.That(agent.Error, Does.Match($@"(?m)^rights: CAP_\w+.*; given up: .*{string.Join(".*", ofLoading)}.*; system calls filtered, files (and ports |not )?restricted"));
        var rights = (await agent.LoadedProgramsAsync())[0].GetProperty("rights");
        Assert.That(Texts(rights, "given_up"), Is.SupersetOf(ofLoading));
        Assert.That(Texts(rights, "capabilities"), Has.None.AnyOf([.. ofLoading, "CAP_SYS_ADMIN"]));
        Assert.That(Texts(rights, "notes").Any(note => note!.StartsWith("CAP_BPF is kept", StringComparison.Ordinal)), Is.EqualTo(KeepsBpf));
    }

    /// <summary>As root it would have all. CAP_DAC_READ_SEARCH and CAP_NET_BIND_SERVICE stay.</summary>
    [Test]
    public async Task Start_OfAnAggregator_KeepsNoCapabilityThatChangesSomething()
    {
        using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", "127.0.0.1:1");
        await aggregator.GetAsync("/api/events?limit=1");

        foreach (var thread in Directory.GetDirectories($"/proc/{aggregator.Id}/task").Select(Status))
        {
            foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
            {
                Assert.That(
                    ulong.Parse(thread[set], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~((1ul << 2) | (1ul << 10)), Is.Zero, $"{thread["Name"]} {set}");
            }
        }
    }

    [Test]
    public async Task OpenConnections_AfterTheStart_AreStillReadInEveryNamespace()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);
        using var inside = new NetworkNamespace();
        using var program = ResidentPython.Start(inside, """
            l = socket.socket(); l.bind(('127.0.0.1', 7130)); l.listen()
            c = socket.create_connection(('127.0.0.1', 7130))
            print(os.getpid())
            sys.stdin.read()
            """);
        using var own = await agent.ConnectAsync();
        var port = ((System.Net.IPEndPoint)own.LocalEndPoint!).Port;

        var there = (await agent.GetAsync("/api/connections?destination_port=7130&state=established&state=listen")).GetProperty("connections");
        var here = (await agent.GetAsync($"/api/connections?source_port={port}&pid={Environment.ProcessId}")).GetProperty("connections");

        // The listening socket, the client's, and the one that waits to be accepted, which nobody has.
        var shown = there.EnumerateArray().ToList();
        Assert.That(shown.Select(c => c.GetProperty("network_namespace").GetUInt32()), Is.EqualTo(Enumerable.Repeat(inside.Inode, 3)));
        Assert.That(
            shown.Select(c => c.TryGetProperty("pid", out var pid) ? $"{pid}" : "").Order(),
            Is.EqualTo(new[] { "", program.FirstLine, program.FirstLine }));
        Assert.That(here.EnumerateArray().Single().GetProperty("state").GetString(), Is.EqualTo("ESTABLISHED"));
    }

    [Test]
    public async Task Aggregator_EveryThread_IsBoundByTheFilter()
    {
        using var aggregator = await ServerProcess.StartAsync(ServerProcess.Aggregator, "--agent", "127.0.0.1:1");

        var threads = Directory.GetDirectories($"/proc/{aggregator.Id}/task").Select(Status);

        Assert.That(threads.Select(thread => (thread["NoNewPrivs"], thread["Seccomp"])), Is.All.EqualTo(("1", "2")));
        Assert.That(aggregator.Error, Does.Contain("rights: system calls filtered"));
    }

    [TestCase("monitor-agent")]
    [TestCase("monitor-aggregator")]
    public async Task Sandbox_False_FiltersNothingAndSaysIt(string program)
    {
        string[] agents = program == ServerProcess.Aggregator ? ["--agent", "127.0.0.1:1"] : [];
        using var server = await ServerProcess.StartAsync(program, ["--sandbox", "false", .. agents]);

        Assert.That(Status($"/proc/{server.Id}")["Seccomp"], Is.EqualTo("0"));
        Assert.That(server.Error, Does.Contain("system calls not filtered").And.Contain("--sandbox is false"));
    }

    [Test]
    public async Task Start_IsStillTheSameProcess()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);

        // Programs that are started by name find it by that name: dotnet, or the agent's own where that starts it.
        Assert.That(Status($"/proc/{agent.Id}")["Name"], Is.EqualTo(File.ResolveLinkTarget($"/proc/{agent.Id}/exe", returnFinalTarget: false)!.Name));
        Assert.That(Status($"/proc/{agent.Id}")["SigBlk"], Is.EqualTo("0000000000000000"));
        Assert.That(File.ReadAllText($"/proc/{agent.Id}/cmdline").Split('\0'), Does.Contain("--http"));
    }

    [Test]
    public async Task Capabilities_Kept_AreSaidToBe()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--keep-capabilities");

        Assert.That(Status($"/proc/{agent.Id}/task/{agent.Id}")["CapEff"], Is.EqualTo(Status("/proc/self")["CapEff"]));
        Assert.That(agent.Error, Does.Contain("given up: none").And.Contain("--keep-capabilities is set"));
        var rights = (await agent.LoadedProgramsAsync())[0].GetProperty("rights");
        Assert.That(Texts(rights, "notes"), Has.One.Contains("--keep-capabilities"));
    }

    /// <summary>As a container runtime may do, whose filter of system calls is older than the agent.</summary>
    [Test]
    public async Task NewPrivileges_CannotBeForbidden_GoesOnAndSaysIt()
    {
        // prctl(PR_SET_NO_NEW_PRIVS) is refused with EPERM, on x86-64 and arm64 alike: the number differs.
        const string refuse = """
            import ctypes, os, struct, sys, platform
            number = {'x86_64': 157, 'aarch64': 167}[platform.machine()]
            code = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, 38), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]
            filter = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *one) for one in code))
            program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(code), ctypes.addressof(filter)))
            assert ctypes.CDLL(None, use_errno=True).prctl(22, 2, program, 0, 0) == 0, ctypes.get_errno()
            os.execvp(sys.argv[1], sys.argv[1:])
            """;
        using var agent = await ServerProcess.StartBehindAsync(
            ServerProcess.Agent, "python3", ["-c", refuse], "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        Assert.That(agent.Error, Does.Contain("does not let the agent give them up (forbidding new privileges:"));
        using var attempt = new UdpClient();
        attempt.Connect("127.0.0.1", 7013);
        attempt.Close();
        await Waiting.ForAsync("an attempt", async () =>
            (await agent.GetAsync("/api/events?destination_port=7013")).GetProperty("events").GetArrayLength() > 0 ? "" : null);
        Assert.That((await agent.GetAsync("/health")).GetProperty("status").GetString(), Is.EqualTo(HealthStatus.Healthy));
    }

    [Test]
    public async Task Port_Below1024_IsStillHis()
    {
        using var agent = await ServerProcess.StartBehindAsync(
            ServerProcess.Agent, "env", [], "--http", "127.0.0.1:987", "--grpc", "127.0.0.1:0");

        Assert.That(agent.HttpUrl, Does.EndWith(":987"));
    }

    [Test]
    public async Task File_OfAnotherUser_KeepsTheCapabilityToReadItAndSaysIt()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """
                {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
                 "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "current-context": "c", "users": [{"name": "u", "user": {}}]}
                """);
            Command.Run("chown", "65534", file);
            Command.Run("chmod", "400", file);
            using var agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--kubeconfig", file);

            Assert.That(agent.Error, Does.Contain("note: CAP_DAC_READ_SEARCH is kept, because " + file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [TestCase("x")]
    [TestCase("0")]
    [TestCase("99")]
    public async Task Handover_ThatNobodyMade_EndsWithOneMessage(string descriptor)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(
            ServerProcess.Agent, new Dictionary<string, string> { ["NETWORK_MONITOR_HANDOVER"] = descriptor });

        Assert.That((exitCode, output), Is.EqualTo((1, "")));
        Assert.That(error, Does.StartWith("monitor-agent: NETWORK_MONITOR_HANDOVER").And.Contain("Start it without").And.Not.Contain("   at "));
    }

    [TestCase("", false)]
    [TestCase("{}", true)]
    [TestCase("""{"version":"0.1.0","settings":{},"held_capabilities":1,"rights_notes":[],"files_problem":null,"loaded":[],"failed":{},"disabled":["connection","packet_drop"]}""", true)]
    public async Task Handover_Forged_EndsWithOneMessage(string content, bool isSealed)
    {
        const string forge = """
            import os, sys, fcntl
            fd = os.memfd_create('x', os.MFD_ALLOW_SEALING)
            os.write(fd, sys.argv[1].encode())
            if sys.argv[2] == 'True': fcntl.fcntl(fd, 1033, 15)
            os.environ['NETWORK_MONITOR_HANDOVER'] = str(fd)
            os.execvp(sys.argv[3], sys.argv[3:])
            """;
        var (exitCode, error) = await ServerProcess.RunBehindAsync(
            ServerProcess.Agent, "python3", ["-c", forge, content, isSealed.ToString()]);

        Assert.That(exitCode, Is.EqualTo(1), error);
        Assert.That(error, Does.StartWith("monitor-agent: NETWORK_MONITOR_HANDOVER").And.Contain("Start it without").And.Not.Contain("   at "));
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    private static Dictionary<string, string> Status(string folder) => File.ReadAllLines($"{folder}/status")
        .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());

    private static IEnumerable<string?> Texts(JsonElement element, string property) =>
        element.GetProperty(property).EnumerateArray().Select(text => text.GetString());
}
