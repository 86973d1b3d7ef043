namespace Monitor.Benchmarks.Measures;

/// <summary>One line of the table.</summary>
/// <param name="Measure">What was measured.</param>
/// <param name="Value">What came out, in <paramref name="Unit"/>.</param>
/// <param name="Limit">What it may be at most; null where nothing is required.</param>
/// <param name="Unit">Unit of both; "×" for a ratio.</param>
/// <param name="Note">The figures behind it.</param>
internal sealed record Figure(string Measure, double Value, double? Limit, string Unit, string Note = "")
{
    /// <summary>Whether the limit is what it must be at least.</summary>
    public bool AtLeast { get; init; }

    public bool IsReached => Limit is null ? !double.IsNaN(Value) : AtLeast ? Value >= Limit : Value <= Limit;
}
