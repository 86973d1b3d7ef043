namespace Monitor.Server;

/// <summary>Who sent a request.</summary>
/// <param name="Reader">The reader; null where it is not known.</param>
/// <param name="Problem">Why it is not known, for the log; null where it is.</param>
/// <param name="IsThrottled">The credential was not looked at: the client guesses.</param>
/// <param name="IsUnavailable">The credential cannot be checked at this moment.</param>
internal readonly record struct Authentication(Reader? Reader, string? Problem, bool IsThrottled = false, bool IsUnavailable = false);
