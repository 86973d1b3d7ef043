using System.Globalization;

namespace Monitor.Benchmarks.Machine;

/// <summary>Runs native/gaps.c on the consumer's CPU: whether the machine had that CPU all the time.</summary>
internal sealed class GapsProcess : IDisposable
{
    private readonly ChildProcess _process;

    private GapsProcess(ChildProcess process) => _process = process;

    public static async Task<GapsProcess> StartAsync()
    {
        var process = ChildProcess.Start(Cpus.Consumer, Artifacts.Gaps);
        await process.WaitForLineAsync(line => line == "ready");
        return new GapsProcess(process);
    }

    /// <summary>Its own use of that CPU.</summary>
    public TimeSpan CpuTime => _process.CpuTime;

    /// <summary>Ends it.</summary>
    /// <returns>How far a consumer that needs half of the CPU fell behind since the start because the CPU was away.</returns>
    public async Task<TimeSpan> StopAsync()
    {
        _process.Terminate();
        var line = await _process.WaitForLineAsync(line => line.StartsWith("behind_ns ", StringComparison.Ordinal));
        await _process.EndAsync();
        return TimeSpan.FromMicroseconds(long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) / 1000);
    }

    public void Dispose() => _process.Dispose();
}
