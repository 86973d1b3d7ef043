using System.Diagnostics;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>Clients made with gRPC implementations that are not ours: the examples of proto/README.md, as it says.</summary>
[RequiresKernel]
internal sealed class ClientTests
{
    private ServerProcess _agent = null!;
    private string _folder = null!;

    private static string Proto => Path.Combine(ServerProcess.Artifacts(), "..", "proto");

    [OneTimeSetUp]
    public async Task SetUp()
    {
        _agent = await ServerProcess.StartAsync(ServerProcess.Agent, "--programs", "connection");
        _folder = Directory.CreateTempSubdirectory("monitor-test-").FullName;
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _agent.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Python_Example_PrintsEvents()
    {
        Command.Run("protoc", "-I", Proto, $"--python_out={_folder}", $"--grpc_python_out={_folder}",
            "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
            "monitor/v1/agent.proto", "monitor/v1/event.proto", "monitor/v1/event_service.proto", "google/api/http.proto", "google/api/annotations.proto");

        await PrintsEventsAsync(
            new ProcessStartInfo("/usr/bin/python3", [Path.Combine(Proto, "examples/python/events.py"), _agent.GrpcTarget, "connection", "3"])
            {
                Environment = { ["PYTHONPATH"] = _folder },
            });
    }

    [Test]
    public async Task Node_Example_PrintsEvents()
    {
        var modules = Path.Combine(ServerProcess.Artifacts(), "tools", "node_modules");
        Assert.That(Directory.Exists(Path.Combine(modules, "@grpc/grpc-js")), "run ./build.sh test: it installs @grpc/grpc-js");

        await PrintsEventsAsync(
            new ProcessStartInfo("node", [Path.Combine(Proto, "examples/node/events.js"), Proto, _agent.GrpcTarget, "connection", "3"])
            {
                Environment = { ["NODE_PATH"] = modules },
            });
    }

    [Test]
    public async Task BufCurl_ByReflection_ListsAndCalls()
    {
        var buf = Path.Combine(ServerProcess.Artifacts(), "tools", "node_modules", ".bin", "buf");
        Assert.That(File.Exists(buf), "run ./build.sh test: it installs buf");
        var service = $"http://{_agent.GrpcTarget}/monitor.v1.EventService";

        // No --schema: all that it knows, it knows from the server.
        var listed = Command.Run(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--list-methods", $"http://{_agent.GrpcTarget}");
        Assert.That(listed.Output, Does.Contain("monitor.v1.EventService/StreamEvents").And.Contain("grpc.health.v1.Health/Check"));

        Command.Python("socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 17))");
        var found = await Waiting.ForAsync("the event", () =>
        {
            var answer = Command.Run(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", """{"destination_port":[17]}""", $"{service}/ListEvents");
            return Task.FromResult(answer.Output.Contains("\"UDP\"", StringComparison.Ordinal) ? answer.Output : null);
        });
        Assert.That(found, Does.Contain("OUTCOME_CONNECTED"));
    }

    // Attempts go on until the client has seen three of them: nothing tells when its stream is up.
    private static async Task PrintsEventsAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var client = Process.Start(start)!;
        var output = client.StandardOutput.ReadToEndAsync();
        var error = client.StandardError.ReadToEndAsync();
        await Waiting.ForAsync("the client to see three events", () =>
        {
            Command.Python("socket.socket().connect_ex(('127.0.0.1', 1))");
            return Task.FromResult(client.HasExited ? "" : null);
        });

        Assert.That(client.ExitCode, Is.Zero, await error);
        // Of whatever process of this machine connects meanwhile.
        Assert.That((await output).Trim().Split('\n'), Has.Length.EqualTo(3).And.All.Match(@"^[0-9a-f]{16}-\d+ .+ \S+:\d+$"));
    }
}
