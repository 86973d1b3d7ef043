namespace Monitor.Server;

/// <summary>
/// Keeps what clients can provoke from filling the log: of each kind of message of the server so many are written in a
/// period. What is left out is counted and said with the next that is written. Any thread.
/// </summary>
internal sealed class LogLimit(TimeProvider time)
{
    private const int MostInPeriod = 10;

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Category, int Id), Kind> _kinds = [];

    /// <summary>Whether a message may be written.</summary>
    /// <param name="category">Its category.</param>
    /// <param name="id">Its event.</param>
    /// <param name="note">What to write with it about those that were left out, or will be; empty where nothing is.</param>
    public bool Allows(string category, int id, out string note)
    {
        note = "";
        if (!IsProvokedByClients(category))
        {
            return true;
        }

        lock (_lock)
        {
            if (!_kinds.TryGetValue((category, id), out var kind))
            {
                _kinds[(category, id)] = kind = new Kind(time.GetTimestamp());
            }

            if (time.GetElapsedTime(kind.Since) >= Period)
            {
                note = kind.LeftOut == 0 ? "" : $" [{kind.LeftOut} more of these were not written]";
                kind.Since = time.GetTimestamp();
                (kind.Written, kind.LeftOut) = (0, 0);
            }

            if (kind.Written == MostInPeriod)
            {
                kind.LeftOut++;
                return false;
            }

            if (++kind.Written == MostInPeriod)
            {
                note += " [more of these within a minute are counted, not written]";
            }

            return true;
        }
    }

    // The web server, gRPC, our own server, and queries of the archive; what agent and aggregator say of themselves is always written.
    private static bool IsProvokedByClients(string category) =>
        category.StartsWith("Microsoft.", StringComparison.Ordinal)
        || category.StartsWith("Grpc.", StringComparison.Ordinal)
        || category.StartsWith("System.", StringComparison.Ordinal)
        || category.StartsWith("Monitor.Server.", StringComparison.Ordinal)
        || category == "Monitor.ClickHouse.Reading";

    private sealed class Kind(long since)
    {
        public long Since { get; set; } = since;

        public int Written { get; set; }

        public int LeftOut { get; set; }
    }
}
