namespace Monitor.Server;

/// <summary>Open connections cannot be told on this machine; the message says why.</summary>
public sealed class ConnectionsException(string message, Exception? inner = null) : Exception(message, inner);
