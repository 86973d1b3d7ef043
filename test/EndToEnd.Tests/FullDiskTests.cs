using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>Both programs where nothing can be written.</summary>
[RequiresKernel]
internal sealed class FullDiskTests
{
    // An aggregator has to be told of agents, and goes on without them.
    private static readonly string[] NobodyThere = ["--agent", "127.0.0.1:9"];

    [TestCase(ServerProcess.Agent)]
    [TestCase(ServerProcess.Aggregator)]
    public async Task Output_ThatTakesNothing_KeepsNobodyFromServing(string program)
    {
        var (http, grpc) = (FreePort(), FreePort());
        string[] agents = program == ServerProcess.Aggregator ? NobodyThere : [];
        using var process = Process.Start("sh",
        [
            "-c", "exec \"$@\" >/dev/full 2>&1", "sh", Path.Combine(ServerProcess.Artifacts(), "bin", program),
            "--http", $"127.0.0.1:{http}", "--grpc", $"127.0.0.1:{grpc}", .. agents,
        ]);
        try
        {
            using var client = PatientHttp.Client();
            client.BaseAddress = new Uri($"http://127.0.0.1:{http}");
            await Waiting.ForAsync($"{program} to serve", async () =>
            {
                try
                {
                    return await client.GetStringAsync(new Uri("/api/events", UriKind.Relative));
                }
                catch (HttpRequestException) when (!process.HasExited)
                {
                    return null;
                }
            });
            Assert.That(await client.GetStringAsync(new Uri("/api/events", UriKind.Relative)), Does.Contain("count"));

            Process.Start("kill", [$"{process.Id}"]).WaitForExit();
            using var patience = new CancellationTokenSource(Limit.OfSeconds(10));
            await process.WaitForExitAsync(patience.Token);
            Assert.That(process.ExitCode, Is.Zero);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    [Test]
    public async Task TemporaryFolder_Full_KeepsNobodyFromServing()
    {
        using var disk = new SmallDisk();
        disk.Fill();
        using var agent = await ServerProcess.StartBehindAsync(
            ServerProcess.Agent, "env", [$"TMPDIR={disk.Folder}"], "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");

        Assert.That((await agent.GetAsync("/health")).GetProperty("status").GetString(), Is.EqualTo("healthy"), agent.Error);
    }

    [Test]
    public async Task Log_OnADiskThatWasFull_SaysHowMuchIsMissing()
    {
        using var disk = new SmallDisk();
        using var aggregator = await ServerProcess.StartAsync(
            new ServerSetup { LogDisk = disk }, ServerProcess.Aggregator, ["--log-level", "debug", .. NobodyThere]);
        disk.Fill();
        await AskAsync(aggregator, 1000);
        Assert.That(aggregator.Error, Does.Not.Contain("could not be written"));

        disk.Free();
        await Waiting.ForAsync("the log to go on", async () =>
        {
            await AskAsync(aggregator, 1);
            return aggregator.Error.Contains(" messages before this could not be written: no room)", StringComparison.Ordinal) ? "" : null;
        });
    }

    [Test]
    public async Task Help_IntoAFullDisk_EndsWithTheReason()
    {
        using var process = Process.Start(new ProcessStartInfo(
            "sh", ["-c", "exec \"$0\" --help >/dev/full", Path.Combine(ServerProcess.Artifacts(), "bin", ServerProcess.Agent)])
        { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(1));
        Assert.That(error, Does.StartWith("cannot write to standard output: No space left on device").And.Not.Contain("   at "));
    }

    private static async Task AskAsync(ServerProcess server, int times)
    {
        using var client = PatientHttp.Client();
        for (var i = 0; i < times; i++)
        {
            await client.GetStringAsync(new Uri($"{server.HttpUrl}/api/events"));
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
