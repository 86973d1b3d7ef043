using Monitor.Protocol;
using Monitor.Server;

namespace Monitor.Aggregator.Links;

/// <summary>How links are protected, and how long they wait for what. The times are not settings: tests are in a hurry, users
/// get the defaults.</summary>
internal sealed class LinkOptions
{
    /// <summary>The aggregator's certificate and the authority of the agents'. Null: links are in clear text.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>The name in the agents' certificates.</summary>
    public string AgentName { get; init; } = "monitor-agent";

    /// <summary>Whether links in clear text may leave this machine.</summary>
    public bool AllowsClearText { get; init; }

    /// <summary>For a TCP connection to be made, resolving the name included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the agent to say who it is, how it is and what its programs do, each. Connecting included.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an agent may be silent on its stream: two of its heartbeats. Then the link is broken.</summary>
    public TimeSpan SilenceLimit { get; init; } = 2 * ContractLimits.HeartbeatInterval;

    /// <summary>
    /// How long a connection is silent before HTTP/2 asks whether the peer is there. Well below the agent's heartbeat of 5
    /// seconds: where only the way to the agent is cut, heartbeats go on coming, and with 4 seconds, looked at once a
    /// second, the question came too late again and again: 12 and 15 seconds until the link was broken.
    /// </summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the peer has to answer that. Together with the delay, less than the limit of silence.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How often, about, an agent is asked for its clock, its health and its programs.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first wait before a broken link is made anew, on average.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>The longest such wait.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a stream must have lasted for its end to count as a first failure. If it were shorter, an agent that ends
    /// each stream after the first message would be connected to four times a second.
    /// </summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an address that failed for good is tried again.</summary>
    public TimeSpan FailedInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a link in reserve looks whether it still leads to the same agent.</summary>
    public TimeSpan ReserveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long messages may come without the end of the agent's log being reached in one: longer, and the
    /// link is catching up.</summary>
    public TimeSpan CatchingUpAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an address that is gone, and a node that no address leads to, is shown.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the fleet looks for something to forget.</summary>
    public TimeSpan ForgetInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long events may wait at the agent for a message to fill. With a thousand agents at 100 events a second each,
    /// what a message costs dominates; at the default of 5 ms nearly every event would be one. An event after a silence
    /// is sent at once all the same, so this is the most that it adds to the age of any.
    /// </summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromMilliseconds(100);
}
