namespace Monitor.Server;

/// <summary>The balance of all streams together, those that have ended included: Stored = Delivered + Filtered + Evicted +
/// Unread + Ahead.</summary>
internal readonly record struct StreamTotals(int Open, long Stored, long Delivered, long Filtered, long Evicted, long Unread, long Ahead);
