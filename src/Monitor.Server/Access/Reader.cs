namespace Monitor.Server;

/// <summary>Somebody who has proven who they are, and what they may read. Immutable.</summary>
public sealed class Reader
{
    /// <summary>Who, for people and the log.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it reads programs, statistics, agents and health in full.</summary>
    public bool ReadsStatus { get; init; }

    /// <summary>Whether it reads the events of every namespace, and of what has none.</summary>
    public bool ReadsAllEvents { get; init; }

    /// <summary>Namespaces that its requests are about where they name none. Ignored with <see cref="ReadsAllEvents"/>.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Decides about one namespace of Kubernetes. Null: <see cref="Namespaces"/> are all that it reads.</summary>
    public Func<string, CancellationToken, ValueTask<bool>>? ReadsNamespace { get; init; }

    /// <summary>Whether it may read events at all.</summary>
    public bool ReadsEvents => ReadsAllEvents || Namespaces.Count > 0 || ReadsNamespace is not null;

    /// <summary>Whether it reads the events of a namespace.</summary>
    public ValueTask<bool> ReadsEventsOfAsync(string name, CancellationToken cancellationToken) =>
        ReadsAllEvents ? new(true)
        : ReadsNamespace is { } decide ? decide(name, cancellationToken)
        : new(Namespaces.Contains(name, StringComparer.Ordinal));
}
