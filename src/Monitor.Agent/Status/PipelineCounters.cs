using Monitor.Agent.Reading;
using Monitor.V1;

namespace Monitor.Agent.Status;

/// <summary>Where the events of a pipeline went, as clients see it.</summary>
internal static class PipelineCounters
{
    private static readonly LossCause[] Causes = [LossCause.RingFull, LossCause.RateLimited, LossCause.Undecodable];

    /// <summary>The counts as they are now.</summary>
    public static ProgramCounters Of(MonitorPipeline pipeline)
    {
        // What is behind first: an event that moves on meanwhile then shows as in flight, not as one too many.
        var stored = pipeline.Stored;
        var undecodable = pipeline.Losses(LossCause.Undecodable);
        var kernel = pipeline.Monitor.Counters.Read();
        var counters = new ProgramCounters
        {
            Produced = kernel.Produced,
            Filtered = kernel.Filtered,
            RateLimited = kernel.RateLimited,
            Lost = kernel.Lost,
            Undecodable = undecodable,
            Stored = stored,
            Pending = kernel.Pending,
        };
        counters.InFlight = (long)(kernel.Produced - kernel.Filtered - kernel.RateLimited - kernel.Lost - undecodable - stored);
        counters.Losses.AddRange(Causes.Select(cause => new LossCount { Cause = cause, Count = pipeline.Losses(cause) })
            .Where(loss => loss.Count > 0));
        return counters;
    }

    /// <summary>Both together, as a new message.</summary>
    public static ProgramCounters Sum(ProgramCounters one, ProgramCounters other)
    {
        var sum = new ProgramCounters
        {
            Produced = one.Produced + other.Produced,
            Filtered = one.Filtered + other.Filtered,
            RateLimited = one.RateLimited + other.RateLimited,
            Lost = one.Lost + other.Lost,
            Undecodable = one.Undecodable + other.Undecodable,
            Stored = one.Stored + other.Stored,
            InFlight = one.InFlight + other.InFlight,
            Pending = one.Pending + other.Pending,
        };
        sum.Losses.AddRange(one.Losses.Concat(other.Losses).GroupBy(loss => loss.Cause)
            .Select(losses => new LossCount { Cause = losses.Key, Count = losses.Aggregate(0ul, (count, loss) => count + loss.Count) }));
        return sum;
    }
}
