namespace Monitor.Fuzz.Running;

/// <summary>One thing that takes input from outside, and random input for it. Each input follows from the seed and its index
/// alone, so that any can be made again.</summary>
internal abstract class FuzzCase
{
    /// <summary>As the command line has it.</summary>
    public abstract string Name { get; }

    /// <summary>How many inputs the short run has, which all take a second or a few.</summary>
    public abstract int ShortInputs { get; }

    /// <summary>How many are tried at one time.</summary>
    public virtual int Workers => 1;

    /// <summary>Makes an input and tries it.</summary>
    /// <param name="random">Where all of the input comes from.</param>
    /// <param name="context">The server, and the counts.</param>
    /// <exception cref="FuzzException">What came of it is wrong.</exception>
    public abstract Task TryAsync(Random random, FuzzContext context);
}
