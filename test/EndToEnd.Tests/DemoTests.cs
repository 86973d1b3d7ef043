using System.Diagnostics;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>The demo, as <c>./build.sh demo</c> runs it.</summary>
[RequiresKernel]
internal sealed class DemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static string Script => Path.Combine(ServerProcess.Artifacts(), "..", "deploy", "demo", "demo.sh");

    [Test]
    public async Task Demo_Interrupted_HasShownBothNodesAndLeavesNothing()
    {
        using var demo = Start("--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0");
        try
        {
            var url = await UrlAsync(demo);
            Assert.That(Remains(demo.Id), Has.Count.EqualTo(4), "two namespaces and two interfaces");
            using var client = PatientHttp.Client();
            foreach (var node in new[] { "node-a", "node-b" })
            {
                await Waiting.ForAsync($"attempts and drops of {node}", async () =>
                    await client.GetStringAsync($"{url}/api/events?node_name={node}&type=connection&limit=1") is var connections
                    && await client.GetStringAsync($"{url}/api/events?node_name={node}&type=packet_drop&limit=1") is var drops
                    && connections.Contains(node, StringComparison.Ordinal)
                    && drops.Contains(node, StringComparison.Ordinal) ? "" : null);
            }

            foreach (var node in new[] { "node-a", "node-b" })
            {
                await Waiting.ForAsync($"a program that starts, of the example of {node}", async () =>
                {
                    Command.Run("true");
                    // Until the aggregator knows of the monitor, it refuses its type.
                    using var answer = await client.GetAsync($"{url}/api/events?node_name={node}&type=exec&command=true&limit=1");
                    return (await answer.Content.ReadAsStringAsync()).Contains("\"file\"", StringComparison.Ordinal) ? "" : null;
                });
            }

            await InterruptAsync(demo);

            Assert.That(demo.ExitCode, Is.EqualTo(130), "as a shell says it of Ctrl-C");
            Assert.That(Remains(demo.Id), Is.Empty);
        }
        finally
        {
            await InterruptAsync(demo);
        }
    }

    [Test]
    public async Task Demo_FailsInTheMiddle_SaysWhyAndLeavesNothing()
    {
        using var demo = Start("--http", "nowhere");

        await demo.WaitForExitAsync().WaitAsync(Patience);

        Assert.That(demo.ExitCode, Is.EqualTo(1));
        Assert.That(await demo.StandardError.ReadToEndAsync(), Does.Contain("--http is 'nowhere'"));
        Assert.That(Remains(demo.Id), Is.Empty);
    }

    private static Process Start(params string[] arguments) => Process.Start(
        // See ServerProcess.Launch.
        new ProcessStartInfo("env", ["--default-signal=INT", Script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    // "The aggregator has both, on http://127.0.0.1:8081 and ..."; once all is up.
    private static async Task<string> UrlAsync(Process demo)
    {
        while (await demo.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line.StartsWith("The aggregator has both", StringComparison.Ordinal))
            {
                return line.Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal));
            }
        }

        throw new AssertionException($"the demo did not come up:\n{await demo.StandardError.ReadToEndAsync()}");
    }

    private static async Task InterruptAsync(Process demo)
    {
        if (!demo.HasExited)
        {
            Command.Run("kill", "-INT", $"{demo.Id}");
            await demo.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    private static List<string> Remains(int pid) =>
    [
        .. Command.Run("ip", "netns").Output.Split('\n').Where(line => line.Contains($"monitor-demo-{pid}-", StringComparison.Ordinal)),
        .. Command.Run("ip", "-o", "link").Output.Split('\n').Where(line => line.Contains($" mon{pid}-", StringComparison.Ordinal)),
    ];
}
