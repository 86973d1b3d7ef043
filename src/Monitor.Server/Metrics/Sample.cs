namespace Monitor.Server;

/// <summary>One number of a metric, and the values of its labels.</summary>
internal readonly record struct Sample(double Value, params string[] Labels);
