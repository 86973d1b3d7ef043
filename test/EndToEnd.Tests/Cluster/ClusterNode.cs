using System.Globalization;
using System.Text.Json;
using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// A node of a cluster on one machine: a network namespace with two cables. Through one the nodes talk to each other,
/// through the other this machine reaches the agent. The agent sees this namespace and no other.
/// </summary>
internal sealed class ClusterNode : IDisposable
{
    private readonly string _namespace;
    private readonly string _cable;

    /// <summary>Makes the namespace and its cable to this machine.</summary>
    /// <param name="name">Name of the node.</param>
    /// <param name="number">0 or more; different for each node of a test.</param>
    public ClusterNode(string name, int number)
    {
        Name = name;
        _namespace = $"monitor-e2e-{Environment.ProcessId}-{number}";
        _cable = $"me{Environment.ProcessId}-{number}";
        // The benchmarking range (RFC 2544), which is in no real network; the demo has its other half.
        var net = string.Create(CultureInfo.InvariantCulture, $"198.19.{Environment.ProcessId % 256}.{number * 4}");
        var here = Next(net, 1);
        Address = Next(net, 2);
        Command.Run("ip", "netns", "add", _namespace);
        Command.Run("ip", "link", "add", _cable, "type", "veth", "peer", "name", "uplink", "netns", _namespace);
        Command.Run("ip", "address", "add", $"{here}/30", "dev", _cable);
        Command.Run("ip", "link", "set", _cable, "up");
        Ip("address", "add", $"{Address}/30", "dev", "uplink");
        Ip("link", "set", "lo", "up");
        Ip("link", "set", "uplink", "up");
    }

    public string Name { get; }

    /// <summary>Where this machine reaches it.</summary>
    public string Address { get; }

    /// <summary>Where its peer reaches it.</summary>
    public string PeerAddress { get; private set; } = "";

    /// <summary>Where the aggregator finds its agent.</summary>
    public string AgentTarget => $"{Address}:50051";

    public ServerProcess Agent { get; private set; } = null!;

    /// <summary>What its agent has beside its options.</summary>
    public ServerSetup Setup { get; init; } = new();

    /// <summary>Lays a cable between two nodes.</summary>
    public static void Join(ClusterNode one, ClusterNode other)
    {
        Command.Run(
            "ip", "-n", one._namespace, "link", "add", "peer", "type", "veth", "peer", "name", "peer", "netns", other._namespace);
        one.Attach("198.18.0.1");
        other.Attach("198.18.0.2");
    }

    /// <summary>Starts its agent, anew where one has ended.</summary>
    public async Task StartAgentAsync(params string[] arguments)
    {
        Agent?.Dispose();
        // ip netns exec would exchange /sys, and with it the cgroups that the agent needs.
        Agent = await ServerProcess.StartBehindAsync(
            Setup,
            ServerProcess.Agent,
            "nsenter",
            [$"--net=/run/netns/{_namespace}"],
            ["--node-name", Name, "--network-namespace", _namespace, "--http", $"{Address}:8080", "--grpc", AgentTarget, .. Setup.Access(Name), .. arguments]);
    }

    /// <summary>Runs a Python program on the node, to its end; returns what it printed.</summary>
    public string Python(string program) =>
        Command.Run("nsenter", $"--net=/run/netns/{_namespace}", "python3", "-c", Command.PythonProgram(program)).Output;

    /// <summary>Adds rules.</summary>
    public void Nft(string rules) => Command.Run("nsenter", $"--net=/run/netns/{_namespace}", "nft", rules);

    /// <summary>Attempts of UDP, each an event of this node.</summary>
    public void Connect(int count) => Python($"""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for i in range({count}): s.connect(("198.18.0.9", 1 + i % 60000))
        s.close()
        """);

    /// <summary>Pulls the plug of the cable to this machine.</summary>
    public void Unplug() => Ip("link", "set", "uplink", "down");

    public void Plug() => Ip("link", "set", "uplink", "up");

    /// <summary>Has a firewall drop what comes from this machine, without a word.</summary>
    public void Block() => Command.Run(
        "nsenter", $"--net=/run/netns/{_namespace}", "nft",
        "add table inet e2e; add chain inet e2e input { type filter hook input priority 0; }; add rule inet e2e input iifname uplink drop");

    public void Unblock() => Command.Run("nsenter", $"--net=/run/netns/{_namespace}", "nft", "delete table inet e2e");

    /// <summary>Has a firewall break the connections from this machine.</summary>
    public void Break() => Command.Run(
        "nsenter", $"--net=/run/netns/{_namespace}", "nft",
        "add table inet e2e; add chain inet e2e input { type filter hook input priority 0; }; "
        + "add rule inet e2e input iifname uplink meta l4proto tcp reject with tcp reset");

    /// <summary>How many events its agent has stored, once it has read everything that the kernel gave it.</summary>
    public async Task<ulong> SettledEventsAsync()
    {
        var last = 0ul;
        var same = 0;
        await Waiting.ForAsync($"the agent of {Name} to have read everything", async () =>
        {
            var stats = await Agent.GetAsync("/api/stats");
            var total = Number(stats.GetProperty("total_events"));
            var inFlight = stats.GetProperty("types").EnumerateArray().Sum(type =>
                long.Parse(type.GetProperty("counters").GetProperty("in_flight").GetString()!, CultureInfo.InvariantCulture));
            same = total == last && inFlight == 0 ? same + 1 : 0;
            last = total;
            // Outcomes of UDP are looked for every 100 ms; this asks every 50.
            return same == 6 ? "" : null;
        });
        return last;
    }

    public void Dispose()
    {
        Agent?.Dispose();
        Command.Run("ip", "link", "delete", _cable);
        Command.Run("ip", "netns", "delete", _namespace);
    }

    public static ulong Number(JsonElement text) => ulong.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    private static string Next(string net, int by)
    {
        var parts = net.Split('.');
        parts[3] = (int.Parse(parts[3], CultureInfo.InvariantCulture) + by).ToString(CultureInfo.InvariantCulture);
        return string.Join('.', parts);
    }

    private void Attach(string address)
    {
        PeerAddress = address;
        Ip("address", "add", $"{address}/24", "dev", "peer");
        Ip("link", "set", "peer", "up");
    }

    private void Ip(params string[] arguments) => Command.Run("ip", ["-n", _namespace, .. arguments]);
}
