using Monitor.Agent.Custom;

namespace Monitor.Benchmarks.Machine;

/// <summary>A folder with the monitor of bpf/own_connects.bpf.c, for one agent after the other.</summary>
internal sealed class OwnMonitor : IDisposable
{
    /// <summary>The type of its events.</summary>
    public const string Name = "own_connects";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    // Beside what an agent may read: a folder of root alone.
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-monitors-").FullName;

    public OwnMonitor()
    {
        var file = Path.Combine(_folder, Name + CustomObject.Extension);
        File.Copy(Artifacts.OwnMonitor, file);
        // The agent waits for a file that may be written just now.
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromMinutes(1));
    }

    /// <summary>Starts an agent on the consumer's CPU whose events in a storm are of this monitor alone.</summary>
    /// <returns>The agent, once it has attached the monitor.</returns>
    public async Task<AgentProcess> StartAgentAsync()
    {
        // `reset` has nothing to do in a storm of UDP connects, and the agent wants one of its own.
        var agent = await AgentProcess.StartAsync(
            Cpus.Consumer, "--programs", "reset", "--monitors-folder", _folder, "--monitors-allow", CustomPolicy.Verdicts, "--monitors-rate-limit", "0");
        try
        {
            await WaitAsync(agent);
            return agent;
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task WaitAsync(AgentProcess agent)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += PollInterval)
        {
            if (await agent.ProgramAsync(Name) is { } program)
            {
                if (program.Status == "active")
                {
                    return;
                }

                throw new BenchmarkException($"the agent does not load {Name}: {program.Error}");
            }

            await Task.Delay(PollInterval);
        }

        throw new BenchmarkException($"the agent has not seen {Name}");
    }
}
