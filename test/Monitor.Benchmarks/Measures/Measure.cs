namespace Monitor.Benchmarks.Measures;

/// <summary>One thing that is measured, in one or a few figures that come from the same run.</summary>
internal abstract class Measure
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Measures. Whatever it starts it ends.</summary>
    /// <exception cref="Machine.BenchmarkException">It cannot be measured here; the message says why.</exception>
    public abstract Task<IReadOnlyList<Figure>> RunAsync();

    /// <summary>The middle one, or the mean of the middle two.</summary>
    protected static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
