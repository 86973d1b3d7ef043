namespace Monitor.Events;

/// <summary>A history cannot be used. The message says why, and what to do.</summary>
public sealed class HistoryException(string message, Exception? inner = null) : Exception(message, inner);
