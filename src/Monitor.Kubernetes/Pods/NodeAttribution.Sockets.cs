using System.Collections.Concurrent;

namespace Monitor.Kubernetes.Pods;

/// <summary>Whose sockets are, for whoever lists them while the reader thread is at work.</summary>
public sealed partial class NodeAttribution
{
    private readonly ConcurrentQueue<(ulong CgroupId, uint Pid)> _asked = new();

    /// <summary>Whose a socket is, for any thread but the reader's. Else as <see cref="Resolve"/>.</summary>
    /// <param name="cgroupId">As in the record.</param>
    /// <param name="pid">As in the record; 0 where no process has it.</param>
    public PodIdentity ResolveSocket(ulong cgroupId, uint pid)
    {
        var identity = _finder is null ? PodIdentity.Outside : _answers.Find(cgroupId);
        if (identity is null)
        {
            Ask(cgroupId, 0);
            identity = PodIdentity.UnknownCgroup;
        }

        return identity.Attribution switch
        {
            AttributionKind.Outside when _asksProcesses => ResolveSocketOf(pid),
            AttributionKind.UnknownCgroup when ResolveSocketOf(pid) is { PodName: not null } process => process,
            _ => identity,
        };
    }

    private PodIdentity ResolveSocketOf(uint pid)
    {
        if (_processAnswers.Find(pid) is { } process)
        {
            process.LastUsed = _sweeps;
            return process.Identity;
        }

        Ask(0, pid);
        return PodIdentity.UnknownCgroup;
    }

    private void Ask(ulong cgroupId, uint pid)
    {
        const int MostAsked = 4096;
        if ((cgroupId != 0 || pid != 0) && _asked.Count < MostAsked)
        {
            _asked.Enqueue((cgroupId, pid));
            _misses.Wake();
        }
    }

    private bool TryTakeMiss(out ulong cgroupId, out uint pid)
    {
        if (_misses.TryTake(out cgroupId, out pid))
        {
            return true;
        }

        var any = _asked.TryDequeue(out var asked);
        (cgroupId, pid) = asked;
        return any;
    }
}
