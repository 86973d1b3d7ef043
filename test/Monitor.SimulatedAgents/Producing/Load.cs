using System.Diagnostics;

namespace Monitor.SimulatedAgents.Producing;

/// <summary>How much an agent produces.</summary>
internal abstract class Load
{
    /// <summary>
    /// Events that a flood keeps ahead of the slowest stream: three messages of the largest number of events, so that a
    /// stream need never wait for one to fill.
    /// </summary>
    public const int FloodLead = 30_000;

    /// <summary>Nothing.</summary>
    public static Load None { get; } = new Nothing();

    /// <summary>As fast as the streams are read.</summary>
    public static Load Flood { get; } = new Unpaced();

    /// <summary>A steady rate from now on.</summary>
    public static Load Paced(double eventsPerSecond) => new Steady(eventsPerSecond, Stopwatch.GetTimestamp());

    /// <summary>How many events are due. One thread.</summary>
    /// <param name="timestamp">Now, by <see cref="Stopwatch"/>.</param>
    /// <param name="run">The log that they go to.</param>
    public abstract int Due(long timestamp, AgentRun run);

    private sealed class Nothing : Load
    {
        public override int Due(long timestamp, AgentRun run) => 0;
    }

    private sealed class Unpaced : Load
    {
        public override int Due(long timestamp, AgentRun run) =>
            run.MostAhead is { } ahead ? (int)Math.Max(0, FloodLead - ahead) : 0;
    }

    private sealed class Steady(double eventsPerSecond, long start) : Load
    {
        private long _produced;

        public override int Due(long timestamp, AgentRun run)
        {
            var due = (int)(Stopwatch.GetElapsedTime(start, timestamp).TotalSeconds * eventsPerSecond - _produced);
            _produced += due;
            return due;
        }
    }
}
