namespace Monitor.Server;

/// <summary>What is known of another machine's wall clock.</summary>
/// <param name="Offset">That clock less the one here.</param>
/// <param name="Uncertainty">The offset is right to within this. Not negative.</param>
public readonly record struct ClockEstimate(TimeSpan Offset, TimeSpan Uncertainty);
