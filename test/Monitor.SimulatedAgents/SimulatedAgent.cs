using System.Net;
using Monitor.SimulatedAgents.Hosting;
using Monitor.SimulatedAgents.Producing;

namespace Monitor.SimulatedAgents;

/// <summary>One agent of a <see cref="SimulatedCluster"/>. Any thread.</summary>
public sealed class SimulatedAgent : IDisposable
{
    private readonly SimulatedAgentOptions _options;
    private readonly AgentPort _port;
    private readonly Lock _lock = new();
    private volatile AgentRun _run;
    private volatile Load _load = Load.None;
    private volatile bool _disposed;

    internal SimulatedAgent(string nodeName, SimulatedAgentOptions options, AgentConnections connections)
    {
        NodeName = nodeName;
        _options = options;
        _port = new AgentPort(this, connections);
        _run = new AgentRun(nodeName, options.RetentionBytes);
    }

    /// <summary>Name of its node.</summary>
    public string NodeName { get; }

    /// <summary>Where it listens while it does; the same for its whole life.</summary>
    public IPEndPoint EndPoint => _port.EndPoint;

    /// <summary>The same as host:port.</summary>
    public string Target => EndPoint.ToString();

    /// <summary>Identity of its present run.</summary>
    public ulong Epoch => _run.Log.Epoch;

    /// <summary>Events of its present run, evicted ones included: the sequence of the last of them.</summary>
    public long Produced => _run.Log.GetStatistics().Appended;

    /// <summary>Events of its present run that have left its log.</summary>
    public long Evicted => _run.Log.GetStatistics().Evicted;

    /// <summary>How many streams clients have open.</summary>
    public int Streams => _run.StreamCount;

    internal AgentRun Run => _run;

    /// <summary>Listens, if it does not already: a new agent does. Its events and its run are as they were.</summary>
    public void Listen()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _port.Open();
        }
    }

    /// <summary>Refuses connections from now on and cuts those that there are; its log is kept and goes on growing.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _port.Close();
        }
    }

    /// <summary>As if its process were killed and started again: a new run, with a log that is empty. It listens.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _port.Close();
            var before = _run;
            _run = new AgentRun(NodeName, _options.RetentionBytes);
            before.Dispose();
            _port.Open();
        }
    }

    /// <summary>Appends events, as of now, before it returns.</summary>
    public void Produce(int count) => _run.Produce(count);

    /// <summary>Produces at a steady rate, from now on.</summary>
    /// <param name="eventsPerSecond">0 for nothing.</param>
    public void ProduceAt(double eventsPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(eventsPerSecond);
        _load = eventsPerSecond == 0 ? Load.None : Load.Paced(eventsPerSecond);
    }

    /// <summary>
    /// Produces as fast as its streams are read: they always find full messages, and what is not read yet is never
    /// evicted, if the log has room for <see cref="Load.FloodLead"/> events and a sixteenth more. Nothing without a stream.
    /// </summary>
    public void Flood() => _load = Load.Flood;

    /// <summary>Ends it; see <see cref="SimulatedCluster.Remove"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _load = Load.None;
            _port.Dispose();
            _run.Dispose();
        }
    }

    /// <summary>Appends what is due. For the producer's thread.</summary>
    /// <returns>How many.</returns>
    internal int ProduceDue(long timestamp)
    {
        var run = _run;
        var due = _load.Due(timestamp, run);
        if (due > 0)
        {
            run.Produce(due);
        }

        return due;
    }
}
