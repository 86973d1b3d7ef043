namespace Monitor.Agent.Handover;

/// <summary>The description of what was handed over makes no sense.</summary>
internal sealed class HandoverException(string message, Exception? inner = null) : Exception(message, inner);
