using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Links;

/// <summary>How one link is doing, for those who ask. Any thread; one writes.</summary>
internal sealed class LinkState(FleetVersion version, TimeProvider time)
{
    private readonly Lock _lock = new();
    private State _state = State.Connecting;
    private string _reason = "";
    private DateTimeOffset _since = time.GetUtcNow();
    private AgentIdentity? _agent;
    private string _health = "";
    private ulong _reconnects;
    private bool _hasStreamed;
    private long _heard;

    public State Current
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>When it entered this state.</summary>
    public DateTimeOffset Since
    {
        get
        {
            lock (_lock)
            {
                return _since;
            }
        }
    }

    /// <summary>Whether events come in.</summary>
    public bool IsReached => Current is State.Streaming or State.CatchingUp;

    /// <summary>Enters a state.</summary>
    /// <returns>Whether the state is another than before; another reason alone does not count.</returns>
    public bool Set(State state, string reason)
    {
        var isOther = false;
        lock (_lock)
        {
            if (_state == state && _reason == reason)
            {
                return false;
            }

            if (_state != state)
            {
                isOther = true;
                _state = state;
                _since = time.GetUtcNow();
            }

            _reason = reason;
        }

        version.Advance();
        return isOther;
    }

    /// <summary>The agent sent something.</summary>
    public void NoteHeard() => Volatile.Write(ref _heard, UnixNanos.From(time.GetUtcNow()));

    /// <summary>The agent said who it is.</summary>
    public void Identify(AgentIdentity agent)
    {
        lock (_lock)
        {
            if (_agent == agent)
            {
                return;
            }

            _agent = agent;
        }

        version.Advance();
    }

    /// <summary>The agent said how it is.</summary>
    public void SetHealth(string health)
    {
        lock (_lock)
        {
            _health = MessageText.Shorten(health, 32);
        }
    }

    /// <summary>The stream's first message is there.</summary>
    public void NoteStream()
    {
        lock (_lock)
        {
            _reconnects += _hasStreamed ? 1ul : 0;
            _hasStreamed = true;
        }
    }

    /// <summary>What this knows of the agent.</summary>
    public void Describe(Agent agent)
    {
        lock (_lock)
        {
            agent.State = _state;
            agent.Reason = _reason;
            agent.StateTime = Timestamp.FromDateTimeOffset(_since);
            agent.NodeName = _agent?.NodeName ?? "";
            agent.Version = _agent?.Version ?? "";
            agent.Epoch = _agent is null ? "" : BootEpoch.Format(_agent.Epoch);
            agent.Health = _health;
            agent.Reconnects = _reconnects;
        }

        if (Volatile.Read(ref _heard) is var heard and not 0)
        {
            agent.LastHeardTime = UnixNanos.ToTimestamp(heard);
        }
    }
}
