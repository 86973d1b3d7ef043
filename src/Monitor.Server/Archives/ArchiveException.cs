namespace Monitor.Server;

/// <summary>The archive does not answer; the message says why.</summary>
/// <param name="message">For people.</param>
/// <param name="cause">What happened.</param>
public sealed class ArchiveException(string message, Exception? cause = null) : Exception(message, cause);
