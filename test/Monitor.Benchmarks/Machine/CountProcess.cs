namespace Monitor.Benchmarks.Machine;

/// <summary>Runs native/count.c, the bare consumer that the agent is compared with.</summary>
internal sealed class CountProcess : IDisposable
{
    private readonly ChildProcess _process;

    private CountProcess(ChildProcess process) => _process = process;

    /// <summary>Starts it; when this returns, its programs are attached.</summary>
    /// <param name="monitors">Names of the monitors whose objects it loads, and the programs of each that it attaches.</param>
    public static async Task<CountProcess> StartAsync(params IEnumerable<(string Monitor, IReadOnlyList<string> Programs)> monitors)
    {
        var arguments = monitors.SelectMany(monitor => (string[])["--", Artifacts.BpfObject(monitor.Monitor), .. monitor.Programs]).Skip(1);
        var process = ChildProcess.Start(Cpus.Consumer, Artifacts.Count, [.. arguments]);
        await process.WaitForLineAsync(line => line == "ready");
        return new CountProcess(process);
    }

    /// <summary>Ends it; its programs are detached then.</summary>
    /// <exception cref="BenchmarkException">It has read nothing, and is nothing to compare with.</exception>
    public async Task StopAsync()
    {
        _process.Terminate();
        var line = await _process.WaitForLineAsync(line => line.StartsWith("samples ", StringComparison.Ordinal));
        if (line.StartsWith("samples 0 ", StringComparison.Ordinal))
        {
            throw new BenchmarkException($"the bare consumer read no event: {line}");
        }

        await _process.EndAsync();
    }

    public void Dispose() => _process.Dispose();
}
