namespace Monitor.Fuzz.Running;

/// <summary>A case whose input is bytes that one parser takes. A run that is guided by coverage gives it inputs of its own.</summary>
internal abstract class ParserCase : FuzzCase
{
    /// <summary>Makes an input: what was right once, damaged, in most cases.</summary>
    public abstract byte[] Make(Random random);

    /// <summary>Tries any input.</summary>
    /// <returns>What came of it, to be counted.</returns>
    /// <exception cref="FuzzException">What came of it is wrong.</exception>
    public string Try(byte[] input)
    {
        try
        {
            return Parse(input);
        }
        catch (Exception failure) when (failure is not FuzzException)
        {
            throw new FuzzException(failure.ToString(), System.Text.Encoding.Latin1.GetString(input));
        }
    }

    public sealed override Task TryAsync(Random random, FuzzContext context)
    {
        context.Count(Try(Make(random)));
        return Task.CompletedTask;
    }

    /// <summary>Has the input parsed. Whatever it throws is a failure.</summary>
    protected abstract string Parse(byte[] input);
}
