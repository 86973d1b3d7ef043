using System.Collections.Concurrent;

namespace Monitor.Fuzz.Running;

/// <summary>What cases share: a server, and counts of what came back. Any thread.</summary>
internal sealed class FuzzContext(FuzzServer server)
{
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public FuzzServer Server => server;

    /// <summary>What came back, by kind.</summary>
    public IEnumerable<KeyValuePair<string, long>> Counts => _counts.OrderBy(count => count.Key, StringComparer.Ordinal);

    public void Count(string outcome) => _counts.AddOrUpdate(outcome, 1, static (_, count) => count + 1);
}
