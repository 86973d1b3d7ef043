namespace Monitor.Agent.Loading;

/// <summary>A monitor cannot run; the message says why and, where it is known, what to do.</summary>
internal sealed class MonitorLoadException(string message, Exception? inner = null) : Exception(message, inner);
