using System.Globalization;
using Monitor.SimulatedAgents;

namespace Monitor.Benchmarks.Machine;

/// <summary>Runs simulated agents in a process of their own; see <see cref="SimulateCommand"/>.</summary>
internal sealed class SimulatorProcess : IDisposable
{
    private readonly ChildProcess _process;

    private SimulatorProcess(ChildProcess process, IReadOnlyList<string> targets)
    {
        _process = process;
        Targets = targets;
    }

    /// <summary>Where the agents are, host:port each.</summary>
    public IReadOnlyList<string> Targets { get; }

    /// <summary>User and system time so far.</summary>
    public TimeSpan CpuTime => _process.CpuTime;

    /// <summary>Starts it; when this returns, all agents listen, and produce nothing yet.</summary>
    /// <param name="agents">How many.</param>
    /// <param name="retentionMebibytes">Bound of the log of each.</param>
    /// <param name="certificates">For TLS; null: clear text.</param>
    public static async Task<SimulatorProcess> StartAsync(int agents, int retentionMebibytes, Certificates? certificates = null)
    {
        var process = ChildProcess.Start(
            null,
            "dotnet",
            [
                typeof(SimulatorProcess).Assembly.Location,
                SimulateCommand.Name,
                agents.ToString(CultureInfo.InvariantCulture),
                retentionMebibytes.ToString(CultureInfo.InvariantCulture),
                .. certificates?.Files("agent") ?? [],
            ]);
        try
        {
            var line = await process.WaitForLineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
            return new SimulatorProcess(process, line.Split(' ')[1..]);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Lets each agent produce at a steady rate from now on.</summary>
    public Task<SimulatorTotals> ProduceAtAsync(int eventsPerSecond) =>
        AskAsync(string.Create(CultureInfo.InvariantCulture, $"rate {eventsPerSecond}"));

    /// <summary>Lets the agents produce as fast as they are read.</summary>
    public Task<SimulatorTotals> FloodAsync() => AskAsync("flood");

    /// <summary>What they did so far.</summary>
    public Task<SimulatorTotals> CountAsync() => AskAsync("counts");

    /// <summary>Ends it.</summary>
    public async Task StopAsync()
    {
        _process.CloseInput();
        await _process.EndAsync();
    }

    public void Dispose() => _process.Dispose();

    private async Task<SimulatorTotals> AskAsync(string command)
    {
        await _process.TellAsync(command);
        var line = await _process.WaitForLineAsync(line => line.StartsWith("produced ", StringComparison.Ordinal));

        // "produced N evicted N ..."
        var words = line.Split(' ');
        return new SimulatorTotals(
            long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[3], CultureInfo.InvariantCulture));
    }
}
