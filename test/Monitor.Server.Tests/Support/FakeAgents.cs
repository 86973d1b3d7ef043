using Google.Protobuf.WellKnownTypes;
using Monitor.V1;

namespace Monitor.Server.Tests.Support;

/// <summary>Agents of an aggregator, as a test says.</summary>
internal sealed class FakeAgents : IAgentDirectory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Agent> _agents = [];
    private readonly Dictionary<string, ClockEstimate> _clocks = [];
    private long _version;

    public long Version => Volatile.Read(ref _version);

    public DateTimeOffset Watermark { get; set; } = DateTimeOffset.UtcNow;

    public void Set(string nodeName, Agent.Types.State state, string reason = "", string? address = null)
    {
        lock (_lock)
        {
            _agents[address ?? nodeName] = new Agent
            {
                NodeName = nodeName,
                Address = address ?? $"{nodeName}:50051",
                State = state,
                Reason = reason,
                StateTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch),
            };
            if (_clocks.TryGetValue(nodeName, out var clock))
            {
                _agents[address ?? nodeName].ClockOffset = Duration.FromTimeSpan(clock.Offset);
                _agents[address ?? nodeName].ClockOffsetSeconds = clock.Offset.TotalSeconds;
            }
        }

        Interlocked.Increment(ref _version);
    }

    public void SetClock(string nodeName, TimeSpan offset, TimeSpan uncertainty) =>
        _clocks[nodeName] = new ClockEstimate(offset, uncertainty);

    public IReadOnlyList<Agent> GetAgents()
    {
        lock (_lock)
        {
            return [.. _agents.Values.Select(agent => agent.Clone())];
        }
    }

    public ClockEstimate? ClockOf(string nodeName) => _clocks.TryGetValue(nodeName, out var clock) ? clock : null;
}
