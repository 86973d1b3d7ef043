using System.Diagnostics;
using Monitor.Agent.Tests.Kernel;

namespace Kubernetes.Tests;

/// <summary>The file system of the agent's image, as a root of its own without any container runtime.</summary>
[RequiresKernel]
internal sealed class ImageTests
{
    [Test]
    public async Task Agent_InAChroot_SeesAnAttemptOfTheMachine()
    {
        await Images.MakeAsync();
        // The mounts end with it: they are of a namespace of its own.
        const string Start = """
            mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t proc proc "$1/proc" && mount --rbind /sys "$1/sys" &&
            mount --rbind /dev "$1/dev" && exec setpriv --pdeathsig KILL chroot "$1" /app/monitor-agent --http 127.0.0.1:0 --grpc 127.0.0.1:0
            """;
        using var agent = Process.Start(
            new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "sh", "-c", Start, "sh", Images.AgentFolder])
            { RedirectStandardError = true })!;
        var rest = Task.FromResult("");
        try
        {
            var url = await UrlAsync(agent);
            // A full pipe would stop it.
            rest = agent.StandardError.ReadToEndAsync();
            using var client = new HttpClient();
            await Waiting.ForAsync(
                "an attempt to port 9 of this machine",
                async () =>
                {
                    await Shell.RunAsync("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9");
                    return await client.GetStringAsync($"{url}/api/events?type=connection&destination_port=9&command=bash");
                },
                answer => answer.Contains("ECONNREFUSED", StringComparison.Ordinal));
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync();
            await rest;
        }
    }

    // "... REST http://127.0.0.1:41231 ..."
    private static async Task<string> UrlAsync(Process agent)
    {
        var said = "";
        while (await agent.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line)
        {
            said += $"{line}\n";
            if (line.Split(' ').FirstOrDefault(word => word.StartsWith("http://", StringComparison.Ordinal)) is { } url)
            {
                return url.TrimEnd('/', '.', ',');
            }
        }

        throw new AssertionException($"the agent did not come up:\n{said}");
    }
}
