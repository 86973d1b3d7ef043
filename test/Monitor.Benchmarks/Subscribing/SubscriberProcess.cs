using System.Globalization;
using Monitor.Benchmarks.Machine;

namespace Monitor.Benchmarks.Subscribing;

/// <summary>Runs a <see cref="Subscriber"/> in a process of its own.</summary>
internal sealed class SubscriberProcess : IDisposable
{
    /// <summary>First argument of a process that is to be one.</summary>
    public const string Command = "subscribe";

    /// <summary>Third argument of one that takes every event.</summary>
    public const string Everything = "everything";

    private readonly ChildProcess _process;

    private SubscriberProcess(ChildProcess process) => _process = process;

    /// <summary>Starts it; when this returns, its stream stands.</summary>
    /// <param name="target">Where the agent serves gRPC.</param>
    /// <param name="command">The command whose events it takes and dates; null for all events, without their ages.</param>
    /// <param name="certificates">For TLS; null: clear text.</param>
    public static async Task<SubscriberProcess> StartAsync(string target, string? command = null, Certificates? certificates = null)
    {
        // Beside the storm, so that the agent has its CPU to itself.
        var process = ChildProcess.Start(
            Cpus.Storm,
            "dotnet",
            [typeof(SubscriberProcess).Assembly.Location, Command, target, command ?? Everything, .. certificates?.Files("aggregator") ?? []]);
        try
        {
            await process.WaitForLineAsync(line => line == "ready");
            return new SubscriberProcess(process);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Ends it.</summary>
    public async Task<Received> StopAsync()
    {
        _process.CloseInput();
        var line = await _process.WaitForLineAsync(line => line.StartsWith("events ", StringComparison.Ordinal));
        await _process.EndAsync();

        // "events N losses N p50_ns N p99_ns N max_ns N"
        var numbers = line.Split(' ').Where((_, at) => at % 2 == 1)
            .Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return new Received(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    public void Dispose() => _process.Dispose();
}
