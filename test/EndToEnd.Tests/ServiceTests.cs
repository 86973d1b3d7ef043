using System.Globalization;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>What systemd starts, without systemd: the installed files, a user of no rights, and the unit's capabilities.</summary>
[RequiresKernel]
internal sealed class ServiceTests
{
    private DirectoryInfo _folder = null!;

    private string Monitors => $"{_folder.FullName}/etc/network-monitor/monitors.d";

    private static string Unit => Path.Combine(ServerProcess.Artifacts(), "..", "deploy", "systemd", "monitor-agent.service");

    private string Install => $"DESTDIR={_folder.FullName} {Path.Combine(ServerProcess.Artifacts(), "..", "deploy", "systemd", "install.sh")}";

    [SetUp]
    public void InstallAgent()
    {
        _folder = Directory.CreateTempSubdirectory("monitor-install-");
        Command.Run("chmod", "755", _folder.FullName);
        Command.Run("sh", "-c", $"{Install} agent");
    }

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [Test]
    public async Task Service_AsInstalled_RunsAsAUserWithTheUnitsCapabilities()
    {
        Assert.That(InstalledCapabilities(), Is.EqualTo(NeededCapabilities()));
        using (var agent = await StartAsync())
        {
            var programs = await agent.LoadedProgramsAsync();

            Assert.That(programs.Select(program => program.GetProperty("status").GetString()), Is.EqualTo(["active", "active"]), agent.Error);
            Assert.That(programs.SelectMany(program => program.GetProperty("notes").EnumerateArray()), Is.Empty);
            Assert.That(File.ReadAllText($"/proc/{agent.Id}/status"), Does.Contain("Uid:\t65534"));
            Assert.That(File.ReadAllLines($"/proc/{agent.Id}/cmdline")[0], Does.StartWith($"{_folder.FullName}/opt/monitor/agent/monitor-agent"));
        }

        Command.Run("sh", "-c", $"{Install} --remove agent");
        Assert.That(Directory.Exists($"{_folder.FullName}/opt/monitor/agent"), Is.False);
        Assert.That(File.Exists($"{_folder.FullName}/etc/monitor-agent.json"), Is.True, "settings stay");
        Assert.That(Directory.Exists(Monitors), Is.True, "and so do the user's monitors");
    }

    // By default the folder is there and not read. A tracepoint takes tracefs, which is root's alone.
    [Test]
    public async Task Service_WithTheFolderOfMonitors_LoadsWhatComes()
    {
        Assert.That(Command.Run("stat", "-c", "%u:%g %a", Monitors).Output, Is.EqualTo("0:0 755"));
        Assert.That(File.ReadAllText($"{_folder.FullName}/etc/monitor-agent.json"), Does.Not.Contain("monitors"));

        await File.WriteAllTextAsync($"{_folder.FullName}/etc/monitor-agent.json", $$"""{"monitors-folder": "{{Monitors}}"}""");
        using var agent = await StartAsync();
        File.Copy(Path.Combine(ServerProcess.Artifacts(), "bpf", "examples", "oom_kill.bpf.o"), $"{Monitors}/oom_kill.bpf.o");

        await Waiting.ForAsync("the monitor", async () => (await agent.GetAsync("/api/monitors")).GetProperty("monitors").EnumerateArray()
            .Any(monitor => monitor.GetProperty("name").GetString() == "oom_kill" && monitor.GetProperty("status").GetString() == "active") ? "" : null);
    }

    /// <summary>A command that gives what it starts the unit's LimitMEMLOCK=infinity, where the kernel counts maps against it.</summary>
    internal static string[] UnitMemory =>
        Environment.OSVersion.Version < new Version(5, 11) && File.ReadLines(Unit).Contains("LimitMEMLOCK=infinity") ? ["prlimit", "--memlock=unlimited:unlimited"] : [];

    /// <summary>What systemd leaves the service, as setpriv names it, without what install.sh adds.</summary>
    internal static IEnumerable<string> UnitCapabilities() =>
        CapabilitiesOf(Unit);

    /// <summary>The same with what install.sh adds on this machine.</summary>
    internal static IEnumerable<string> NeededCapabilities() =>
        PerfEventsAreRestricted() ? UnitCapabilities().Append("sys_admin") : UnitCapabilities();

    /// <summary>Whether CAP_PERFMON is not enough to open a ring. Kernels where it always is know no more than 2.</summary>
    internal static bool PerfEventsAreRestricted() =>
        int.Parse(File.ReadAllText("/proc/sys/kernel/perf_event_paranoid"), CultureInfo.InvariantCulture) > 2;

    private static IEnumerable<string> CapabilitiesOf(string unit) => File.ReadLines(unit)
        .Single(line => line.StartsWith("CapabilityBoundingSet=", StringComparison.Ordinal))
        .Split('=')[1].Split(' ').Select(name => name["CAP_".Length..].ToLowerInvariant());

    private IEnumerable<string> InstalledCapabilities()
    {
        var unit = $"{_folder.FullName}/etc/systemd/system/monitor-agent.service";
        return CapabilitiesOf(unit).Concat(Directory.Exists($"{unit}.d") ? Directory.GetFiles($"{unit}.d").SelectMany(CapabilitiesOf) : []);
    }

    private Task<ServerProcess> StartAsync()
    {
        var capabilities = string.Join(',', InstalledCapabilities().Select(name => $"+{name}"));
        return ServerProcess.StartBehindAsync(
            ServerProcess.Agent,
            "env",
            [
                .. UnitMemory, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", $"--inh-caps=-all,{capabilities}",
                $"--ambient-caps=-all,{capabilities}", $"--bounding-set=-all,{capabilities}",
                // The installed program instead of the launcher, which comes next.
                "sh", "-c", "shift; exec \"$0\" \"$@\"", $"{_folder.FullName}/opt/monitor/agent/monitor-agent",
            ],
            "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--config", $"{_folder.FullName}/etc/monitor-agent.json");
    }
}
