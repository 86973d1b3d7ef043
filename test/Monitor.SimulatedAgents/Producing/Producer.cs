using System.Diagnostics;

namespace Monitor.SimulatedAgents.Producing;

/// <summary>The thread that makes up the events of all agents.</summary>
internal sealed class Producer : IDisposable
{
    // Agents drain their rings every 10 ms; half as often costs a thousand of them, here in one process, a tenth of a core
    // less.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private volatile SimulatedAgent[] _agents = [];

    public Producer()
    {
        _thread = new Thread(Run) { Name = "producer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whose events it makes from now on.</summary>
    public void Set(IEnumerable<SimulatedAgent> agents) => _agents = [.. agents];

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Wait(Interval))
        {
            foreach (var agent in _agents)
            {
                agent.ProduceDue(Stopwatch.GetTimestamp());
            }
        }
    }
}
