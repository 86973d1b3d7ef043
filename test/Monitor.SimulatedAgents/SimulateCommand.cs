using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Monitor.SimulatedAgents;

/// <summary>
/// Simulated agents as a process: <c>simulate COUNT RETENTION_MIB [CERTIFICATE KEY]</c>. Says "ready TARGETS" when all listen, then takes
/// lines from its input: <c>rate N</c>, events per second of each agent from now on; <c>flood</c>, as fast as they are
/// read; <c>counts</c>. Each is answered by a line of totals. When the input ends it stops and says what each agent did.
/// </summary>
public static class SimulateCommand
{
    /// <summary>First argument of a process that is to be one.</summary>
    public const string Name = "simulate";

    /// <param name="arguments">How many agents, MiB of each one's log, and for TLS a certificate and its key.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var count = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var retention = long.Parse(arguments[1], CultureInfo.InvariantCulture) << 20;
        await using var cluster = await SimulatedCluster.StartAsync(new SimulatedAgentOptions
        {
            RetentionBytes = retention,
            Certificate = arguments.Length > 3 ? X509Certificate2.CreateFromPemFile(arguments[2], arguments[3]) : null,
        });
        for (var number = 1; number <= count; number++)
        {
            cluster.Add(string.Create(CultureInfo.InvariantCulture, $"node-{number}"));
        }

        Console.WriteLine($"ready {string.Join(' ', cluster.Agents.Select(agent => agent.Target))}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Obey(line.Split(' '), cluster.Agents);
            WriteTotals(cluster.Agents);
        }

        foreach (var agent in cluster.Agents)
        {
            agent.ProduceAt(0);
            Console.WriteLine($"{agent.NodeName} produced {agent.Produced} evicted {agent.Evicted}");
        }

        WriteTotals(cluster.Agents);
        return 0;
    }

    private static void Obey(string[] words, IReadOnlyList<SimulatedAgent> agents)
    {
        foreach (var agent in agents)
        {
            switch (words)
            {
                case ["rate", var rate]:
                    agent.ProduceAt(double.Parse(rate, CultureInfo.InvariantCulture));
                    break;
                case ["flood"]:
                    agent.Flood();
                    break;
                case ["counts"]:
                    break;
                default:
                    throw new ArgumentException($"simulate: no such command: {string.Join(' ', words)}");
            }
        }
    }

    private static void WriteTotals(IReadOnlyList<SimulatedAgent> agents) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"produced {agents.Sum(agent => agent.Produced)} evicted {agents.Sum(agent => agent.Evicted)} streams {agents.Sum(agent => agent.Streams)} cpu_ms {Environment.CpuUsage.TotalTime.TotalMilliseconds:0}"));
}
