namespace Monitor.Benchmarks.Measures;

/// <summary>What one of two ways to do the same work costs more, in this process.</summary>
internal static class AddedCpu
{
    // The first ones run code that is not compiled for good yet.
    private const int WarmUps = 5;
    private const int Rounds = 15;

    /// <summary>Median of the rounds, in each of which both run; µs of CPU for one event.</summary>
    /// <param name="without">A round of <paramref name="events"/> events.</param>
    /// <param name="with">The same with what is measured.</param>
    /// <param name="events">How many a round has.</param>
    public static double PerEvent(Action without, Action with, int events)
    {
        var added = new List<double>();
        for (var round = -WarmUps; round < Rounds; round++)
        {
            var difference = Run(with) - Run(without);
            if (round >= 0)
            {
                added.Add(difference.TotalMicroseconds / events);
            }
        }

        return added.Order().ElementAt(Rounds / 2);
    }

    private static TimeSpan Run(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return Environment.CpuUsage.TotalTime - before;
    }
}
