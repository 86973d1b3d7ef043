using Monitor.V1;

namespace Monitor.Agent.Monitors;

/// <summary>What people are told about a reason to drop packets.</summary>
/// <param name="Severity">See <see cref="PacketDropDetail.Severity"/>.</param>
/// <param name="Text">See <see cref="PacketDropDetail.Explanation"/>.</param>
internal readonly record struct DropExplanation(DropSeverity Severity, string Text);
