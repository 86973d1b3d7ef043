using Monitor.Agent.Monitors;

namespace Monitor.Agent.Loading;

/// <summary>A monitor that could not be loaded.</summary>
/// <param name="Definition">Which one.</param>
/// <param name="Error">Why, for people.</param>
internal sealed record FailedMonitor(MonitorDefinition Definition, string Error);
