using System.Diagnostics;

namespace Monitor.Benchmarks.Machine;

/// <summary>A network namespace in which nothing happens. Disposing removes it.</summary>
internal sealed class QuietNamespace : IDisposable
{
    public QuietNamespace() => Ip("add", Name);

    /// <summary>Its name for <c>ip netns</c>, and for the agent's option.</summary>
    public string Name { get; } = $"bench-{Environment.ProcessId}";

    public void Dispose() => Ip("delete", Name);

    private static void Ip(params string[] arguments)
    {
        using var ip = Process.Start("ip", ["netns", .. arguments]);
        ip.WaitForExit();
        if (ip.ExitCode != 0)
        {
            throw new BenchmarkException($"ip netns {string.Join(' ', arguments)} failed");
        }
    }
}
