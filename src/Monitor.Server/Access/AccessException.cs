namespace Monitor.Server;

/// <summary>A certificate, key, authority or list of readers cannot be used. The message is for the user: the file, why, and
/// what it must be.</summary>
public sealed class AccessException(string message, Exception? inner = null) : Exception(message, inner);
