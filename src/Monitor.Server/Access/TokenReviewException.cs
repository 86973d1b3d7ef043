namespace Monitor.Server;

/// <summary>Tokens cannot be checked at this moment; the message says why.</summary>
public sealed class TokenReviewException(string message, Exception? inner = null) : Exception(message, inner);
