namespace Monitor.Benchmarks.Machine;

/// <summary>A network namespace in which nothing happens. Disposing removes it.</summary>
internal sealed class QuietNamespace : IDisposable
{
    public QuietNamespace() => LinkedNamespaces.Ip("netns", "add", Name);

    /// <summary>Its name for <c>ip netns</c>, and for the agent's option.</summary>
    public string Name { get; } = $"bench-{Environment.ProcessId}";

    public void Dispose() => LinkedNamespaces.Ip("netns", "delete", Name);
}
