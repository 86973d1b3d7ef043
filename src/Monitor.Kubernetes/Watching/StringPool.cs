namespace Monitor.Kubernetes.Watching;

/// <summary>One instance for each of the names that repeat: namespaces, nodes, containers, workloads. One thread.</summary>
internal sealed class StringPool
{
    // Whatever is in use stays with those who have it.
    private const int MostStrings = 20_000;

    private readonly HashSet<string> _strings = new(StringComparer.Ordinal);

    public string Get(ReadOnlySpan<char> text)
    {
        var lookup = _strings.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_strings.Count == MostStrings)
        {
            _strings.Clear();
        }

        var made = text.ToString();
        _strings.Add(made);
        return made;
    }
}
