using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Monitor.Aggregator.Discovery;

/// <summary>
/// An agent at every address of a DNS name, such as that of a headless service of Kubernetes; resolved again every 10 s.
/// Where the name cannot be resolved, the addresses that it had stay: a failing DNS server must not end working links.
/// </summary>
/// <param name="name">The name, and the port that all agents have.</param>
/// <param name="resolve">All addresses of a name; throws <see cref="SocketException"/> where it has none. Null: the
/// system's resolver.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it logs.</param>
internal sealed class DnsDiscovery(
    AgentAddress name,
    Func<string, CancellationToken, Task<IPAddress[]>>? resolve,
    TimeProvider time,
    ILogger<DnsDiscovery> logger) : IAgentDiscovery
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    private string? _failure;

    /// <summary>How often the name is resolved. One small query; a new agent is seen this much later at most.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    public string Description => $"DNS name {name}";

    public async IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<AgentAddress>? known = null;
        for (; ; await Task.Delay(Interval, time, cancellationToken))
        {
            if (await ResolveAsync(cancellationToken) is { } agents && known?.SetEquals(agents) != true)
            {
                known = agents;
                yield return agents;
            }
        }
    }

    private async Task<HashSet<AgentAddress>?> ResolveAsync(CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            var addresses = await _resolve(name.Host, cancellationToken);
            if (addresses.Length > 0)
            {
                if (_failure is not null)
                {
                    DnsDiscoveryLog.Resolved(logger, name.Host, addresses.Length);
                    _failure = null;
                }

                return [.. addresses.Select(address => AgentAddress.Of(address, name.Port))];
            }

            problem = "it has no address";
        }
        catch (SocketException failure)
        {
            problem = failure.Message;
        }

        // Once for each reason, not every 10 s.
        if (_failure != problem)
        {
            DnsDiscoveryLog.NotResolved(logger, name.Host, problem);
            _failure = problem;
        }

        return null;
    }
}
