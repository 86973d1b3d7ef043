namespace Monitor.Server;

/// <summary>The archive does not answer; the message says why.</summary>
/// <param name="message">For people.</param>
/// <param name="cause">What happened.</param>
public sealed class ArchiveException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What readers of events are told while it cannot be written to; why is for those of the server's state.</summary>
    public const string NotWritten = "nothing can be written to it, see /health";
}
