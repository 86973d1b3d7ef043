using System.Globalization;

namespace Monitor.Benchmarks.Machine;

/// <summary>Runs native/storm.c on its CPU.</summary>
internal static class Storm
{
    /// <summary>The command name of its events.</summary>
    public const string Command = "storm";

    // What a call of it can take at the very most, on a machine that does other things too.
    private const double MaxCallMicroseconds = 100;

    /// <summary>UDP connects as fast as they go.</summary>
    public static Task<StormResult> ConnectAsync(long calls) => RunAsync(calls, "connect", calls);

    /// <summary>UDP connects at a rate per second.</summary>
    public static Task<StormResult> PacedAsync(long rate, long seconds) => RunAsync(rate * seconds, "paced", rate, seconds);

    /// <summary>System calls that nobody watches.</summary>
    public static Task<StormResult> GetppidAsync(long calls) => RunAsync(calls, "getppid", calls);

    /// <summary>TCP connections on loopback, from connect() to the close of both sides.</summary>
    public static Task<StormResult> CycleAsync(long calls) => RunAsync(calls, "cycle", calls);

    private static async Task<StormResult> RunAsync(long calls, string mode, params long[] numbers)
    {
        using var process = ChildProcess.Start(
            Cpus.Storm, Artifacts.Storm, [mode, .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))]);
        var patience = TimeSpan.FromSeconds(30) + TimeSpan.FromMicroseconds(calls * MaxCallMicroseconds);
        var line = await process.WaitForLineAsync(line => line.StartsWith("calls ", StringComparison.Ordinal), patience);
        await process.EndAsync();

        // "calls N cost_ns X median_ns Y"
        var words = line.Split(' ');
        return new StormResult(
            process.Id,
            long.Parse(words[1], CultureInfo.InvariantCulture),
            double.Parse(words[3], CultureInfo.InvariantCulture),
            double.Parse(words[5], CultureInfo.InvariantCulture));
    }
}
