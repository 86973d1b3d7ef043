using System.Net.Sockets;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>Which files agent and aggregator can open, once they have started.</summary>
[RequiresKernel]
internal sealed class FilesTests
{
    private const string Nobody = """{"readers": []}""", Somebody = """{"readers": [{"name": "x", "role": "status", "certificate": "x"}]}""";

    private DirectoryInfo _folder = null!;
    private DirectoryInfo _elsewhere = null!;
    private DirectoryInfo _temporary = null!;

    private string Readers => Path.Combine(_folder.FullName, "readers.json");

    private string Secret => Path.Combine(_elsewhere.FullName, "secret");

    private ServerSetup OwnTemporaryFolder => new()
    {
        Environment = new Dictionary<string, string> { ["TMPDIR"] = _temporary.FullName, ["DOTNET_EnableDiagnostics"] = "1" },
    };

    [SetUp]
    public void MakeFiles()
    {
        _folder = Directory.CreateTempSubdirectory("watched");
        _elsewhere = Directory.CreateTempSubdirectory("elsewhere");
        _temporary = Directory.CreateTempSubdirectory("temporary");
        File.WriteAllText(Readers, Nobody);
        File.WriteAllText(Secret, Somebody);
    }

    [TearDown]
    public void RemoveFiles()
    {
        _folder.Delete(recursive: true);
        _elsewhere.Delete(recursive: true);
        _temporary.Delete(recursive: true);
    }

    [TestCase(ServerProcess.Agent)]
    [TestCase(ServerProcess.Aggregator)]
    public async Task WatchedFile_ReplacedInItsFolder_IsReadAndALinkElsewhereIsNot(string program)
    {
        using var server = await StartAsync(program);
        RequireLandlock(server);
        Assert.That(server.Error, Does.Match("(?m)^rights: .*system calls filtered, files (and ports )?restricted$"));

        Replace(link => File.CreateSymbolicLink(link, Secret));
        await SaysAsync(server, "Access to the path");
        Replace(file => File.WriteAllText(file, Somebody));
        await SaysAsync(server, "readers.json changed");
        Assert.That(server.Error.Split("readers.json changed"), Has.Length.EqualTo(2));
    }

    [TestCase(ServerProcess.Agent)]
    [TestCase(ServerProcess.Aggregator)]
    public async Task WatchedFile_WithoutTheSandbox_IsReadWhereverItIs(string program)
    {
        using var server = await StartAsync(program, "--sandbox", "false");
        Assert.That(server.Error, Does.Contain("system calls not filtered, files not restricted"));

        Replace(link => File.CreateSymbolicLink(link, Secret));

        await SaysAsync(server, "readers.json changed");
    }

    /// <summary>Not even what .NET has there for diagnostics.</summary>
    [TestCase(ServerProcess.Agent)]
    [TestCase(ServerProcess.Aggregator)]
    public async Task TemporaryFolder_AfterTheStart_IsEmpty(string program)
    {
        using var server = await StartAsync(OwnTemporaryFolder, program);
        RequireLandlock(server);

        Assert.That(Directory.GetFileSystemEntries(_temporary.FullName), Is.Empty);
    }

    [TestCase(ServerProcess.Agent)]
    [TestCase(ServerProcess.Aggregator)]
    public async Task Diagnostics_WithoutTheSandbox_AreThere(string program)
    {
        using var server = await StartAsync(OwnTemporaryFolder, program, "--sandbox", "false");
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        await client.ConnectAsync(new UnixDomainSocketEndPoint(
            Directory.GetFiles(_temporary.FullName, $"dotnet-diagnostic-{server.Id}-*-socket").Single()));

        Assert.That(client.Connected);
    }

    [Test]
    public async Task Rights_SayWhetherFilesAreRestricted()
    {
        using var agent = await ServerProcess.StartAsync(ServerProcess.Agent);
        RequireLandlock(agent);

        var rights = (await agent.LoadedProgramsAsync())[0].GetProperty("rights");

        Assert.That(rights.GetProperty("files_restricted").GetBoolean(), Is.True);
        Assert.That(rights.GetProperty("notes").EnumerateArray().Select(note => note.GetString()), Has.None.Contains("files"));
    }

    [TestCase("x")]
    [TestCase("0")]
    [TestCase("99")]
    public async Task Settings_ThatNobodyLeft_EndWithOneMessage(string descriptor)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(
            ServerProcess.Aggregator, new Dictionary<string, string> { ["NETWORK_MONITOR_SETTINGS"] = descriptor });

        Assert.That((exitCode, output), Is.EqualTo((1, "")));
        Assert.That(error, Does.StartWith("monitor-aggregator: NETWORK_MONITOR_SETTINGS").And.Contain("Start it without").And.Not.Contain("   at "));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("""{"MONITOR_AGENT": 1}""")]
    public async Task Settings_Forged_EndWithOneMessage(string content)
    {
        const string forge = """
            import os, sys, fcntl
            fd = os.memfd_create('x', os.MFD_ALLOW_SEALING)
            os.write(fd, sys.argv[1].encode())
            fcntl.fcntl(fd, 1033, 15)
            os.set_inheritable(fd, True)
            os.environ['NETWORK_MONITOR_SETTINGS'] = str(fd)
            os.execvp(sys.argv[2], sys.argv[2:])
            """;
        var (exitCode, error) = await ServerProcess.RunBehindAsync(ServerProcess.Aggregator, "python3", ["-c", forge, content]);

        Assert.That(exitCode, Is.EqualTo(1), error);
        Assert.That(error, Does.StartWith("monitor-aggregator: NETWORK_MONITOR_SETTINGS").And.Contain("Start it without").And.Not.Contain("   at "));
    }

    private Task<ServerProcess> StartAsync(string program, params string[] arguments) => StartAsync(new ServerSetup(), program, arguments);

    private Task<ServerProcess> StartAsync(ServerSetup setup, string program, params string[] arguments)
    {
        string[] agents = program == ServerProcess.Aggregator ? ["--agent", "127.0.0.1:1"] : [];
        return ServerProcess.StartAsync(setup, program, ["--readers", Readers, .. agents, .. arguments]);
    }

    // At once, as who renews a certificate does it.
    private void Replace(Action<string> make)
    {
        make(Readers + ".new");
        File.Move(Readers + ".new", Readers, overwrite: true);
    }

    private static Task<string> SaysAsync(ServerProcess server, string text) => Waiting.ForAsync(
        text, () => Task.FromResult(server.Error.Contains(text, StringComparison.Ordinal) ? "" : null));

    /// <summary>Skips the test where the kernel has none; those of test/kernels say which must have it.</summary>
    private static void RequireLandlock(ServerProcess server)
    {
        if (server.Error.Contains("using Landlock: ", StringComparison.Ordinal) && Environment.GetEnvironmentVariable("LANDLOCK_REQUIRED") is null or "0")
        {
            Assert.Ignore("This kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, and landlock in the boot parameter lsm).");
        }
    }
}
