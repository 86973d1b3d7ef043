using System.Globalization;
using Monitor.Aggregator.Discovery;

namespace Monitor.Aggregator.Links;

/// <summary>Which link has a node: at most one at a time. Any thread.</summary>
internal sealed class NodeHolder(TimeProvider time)
{
    private readonly Lock _lock = new();
    private AgentAddress? _link;
    private ulong _epoch;
    private AgentAddress? _lastLink;
    private DateTimeOffset _releasedAt;
    private TaskCompletionSource _released = new();

    /// <summary>Whether a link has the node.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_lock)
            {
                return _link is not null;
            }
        }
    }

    /// <summary>Takes the node for a link, unless another has it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="link">Where the link leads.</param>
    /// <param name="epoch">The run that answers there.</param>
    public Claim Claim(AgentNode node, AgentAddress link, ulong epoch)
    {
        lock (_lock)
        {
            if (_link is not null)
            {
                return new Claim(node, _link, _epoch, _released.Task);
            }

            _link = link;
            _epoch = epoch;
            _lastLink = link;
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new Claim(node, null, epoch, _released.Task);
        }
    }

    /// <summary>Lets go of the node; for the link that has it.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _link = null;
            _releasedAt = time.GetUtcNow();
            _released.SetResult();
        }
    }

    /// <summary>Whether this link has the node or was the last to have it.</summary>
    public bool IsLast(AgentAddress link)
    {
        lock (_lock)
        {
            return link == _lastLink;
        }
    }

    /// <summary>Says since when no link has the node; null while one has it.</summary>
    public string? DescribeAbsence()
    {
        lock (_lock)
        {
            return _link is not null ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"agent at {_lastLink} is out of reach since {_releasedAt:yyyy-MM-ddTHH:mm:ssZ}");
        }
    }
}
