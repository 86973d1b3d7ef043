using System.Diagnostics;

namespace Monitor.Benchmarks.Machine;

/// <summary>Two network namespaces with a veth link between them. Disposing removes both.</summary>
internal sealed class LinkedNamespaces : IDisposable
{
    /// <summary>Of the server's end, from the block for benchmarks (RFC 2544).</summary>
    public const string ServerAddress = "198.18.0.1";

    private const string ClientAddress = "198.18.0.2";

    public LinkedNamespaces()
    {
        try
        {
            Ip("netns", "add", Server);
            Ip("netns", "add", Client);
            Ip("link", "add", "bench", "netns", Server, "type", "veth", "peer", "name", "bench", "netns", Client);
            foreach (var (name, address) in new[] { (Server, ServerAddress), (Client, ClientAddress) })
            {
                Ip("-n", name, "address", "add", $"{address}/30", "dev", "bench");
                Ip("-n", name, "link", "set", "bench", "up");
                Ip("-n", name, "link", "set", "lo", "up");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Their names for <c>ip netns</c>.</summary>
    public string Server { get; } = $"bench-server-{Environment.ProcessId}";

    public string Client { get; } = $"bench-client-{Environment.ProcessId}";

    /// <summary>Starts a program in one of them, on any CPU.</summary>
    public static ChildProcess Start(string name, params string[] command) =>
        ChildProcess.Start(null, "ip", ["netns", "exec", name, .. command]);

    public void Dispose()
    {
        foreach (var name in new[] { Server, Client }.Where(name => File.Exists($"/run/netns/{name}")))
        {
            Ip("netns", "delete", name);
        }
    }

    /// <summary>Runs <c>ip</c>.</summary>
    /// <exception cref="BenchmarkException">It failed.</exception>
    internal static void Ip(params string[] arguments)
    {
        using var ip = Process.Start("ip", arguments);
        ip.WaitForExit();
        if (ip.ExitCode != 0)
        {
            throw new BenchmarkException($"ip {string.Join(' ', arguments)} failed");
        }
    }
}
