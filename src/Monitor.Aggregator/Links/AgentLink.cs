using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;
using Polly;
using Polly.Retry;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Links;

/// <summary>
/// The link to one address: connects, asks who is there, streams, and starts anew, for as long as the address is
/// listed. Whatever answers there, nothing is thrown out of it.
/// </summary>
internal sealed class AgentLink(
    AgentAddress address,
    NodeDirectory nodes,
    EventTypeTable types,
    FleetDemand demand,
    LinkOptions options,
    FleetVersion version,
    TimeProvider time,
    ILogger logger)
{
    private readonly LinkState _state = new(version, time);
    private volatile AgentNode? _node;

    public AgentAddress Address => address;

    /// <summary>The node that it leads to, or last led to; null while that is not known.</summary>
    public AgentNode? Node => _node;

    /// <summary>Whether its events come in.</summary>
    public bool IsReached => _state.IsReached;

    /// <summary>How it is doing now.</summary>
    public Agent Describe()
    {
        var agent = new Agent { Address = address.ToString() };
        _state.Describe(agent);
        _node?.Describe(agent, address);
        return agent;
    }

    /// <summary>Keeps the link until it is cancelled. May be called again when it has ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Enter(State.Connecting, "");
        var retries = Retries();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await WaitAsync(await retries.ExecuteAsync(AttemptAsync, cancellationToken), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is not wanted any more.
        }

        Enter(State.Gone, "it is not listed any more");
    }

    /// <summary>Attempts until one fails for good, or breaks after it had stood for a while: the waits in between grow
    /// from one such occasion to the next.</summary>
    private ResiliencePipeline<LinkEnd> Retries() => new ResiliencePipelineBuilder<LinkEnd> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<LinkEnd>
        {
            ShouldHandle = static attempt =>
                ValueTask.FromResult(attempt.Outcome.Result is { Kind: LinkEndKind.Broken, WasSteady: false }),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.FirstBackoff,
            MaxDelay = options.LongestBackoff,
        })
        .Build();

    private async Task WaitAsync(LinkEnd end, CancellationToken cancellationToken)
    {
        var delay = end.Kind switch
        {
            LinkEndKind.Failed => options.FailedInterval,
            LinkEndKind.Reserve => options.ReserveInterval,
            _ => options.FirstBackoff * Random.Shared.NextDouble(),
        };
        var waited = Task.Delay(delay, time, cancellationToken);
        await (end.Released is null ? waited : Task.WhenAny(waited, end.Released));
    }

    private async ValueTask<LinkEnd> AttemptAsync(CancellationToken cancellationToken)
    {
        var end = await TryAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        Enter(
            end.Kind switch
            {
                LinkEndKind.Failed => State.Failed,
                LinkEndKind.Reserve => State.Duplicate,
                _ => State.BackingOff,
            },
            end.Reason);
        return end;
    }

    private async Task<LinkEnd> TryAsync(CancellationToken cancellationToken)
    {
        AgentIdentity? agent = null;
        AgentStream? stream = null;
        AgentConnection? connection = null;
        try
        {
            connection = new AgentConnection(address, options, time);
            // 1. Who is there?
            var answer = await connection.GetHealthAsync(cancellationToken);
            _state.NoteHeard();
            if (!AgentIdentity.TryRead(answer.Health, out agent, out var refusal))
            {
                return new LinkEnd(LinkEndKind.Failed, refusal);
            }

            if (nodes.OtherNodeOf(agent) is { } other)
            {
                return new LinkEnd(
                    LinkEndKind.Failed, $"it says that its run is {BootEpoch.Format(agent.Epoch)}, which is that of the agent on '{other}': restart it");
            }

            // 2. One link for each node.
            var claim = nodes.Claim(address, agent);
            _node = claim.Node;
            _state.Identify(agent);
            _state.SetHealth(answer.Health.Status);
            if (!claim.IsGranted)
            {
                return Taken(claim, agent);
            }

            // 3. Its events.
            try
            {
                claim.Node.NoteClock(answer);
                claim.Node.Connection = connection;
                stream = new AgentStream(connection, claim.Node, agent, types, _state, demand, options, time)
                {
                    Started = () => LinkLog.Linked(logger, agent.NodeName, address),
                };
                return await stream.RunAsync(cancellationToken);
            }
            finally
            {
                claim.Node.Connection = null;
                claim.Node.Holder.Release();
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return new LinkEnd(LinkEndKind.Closed, "");
        }
        catch (Exception failure)
        {
            if (LinkFailure.Explain(failure, answered: agent is not null) is { } end)
            {
                return end with { WasSteady = stream is { IsSteady: true } };
            }

            LinkLog.Unexpected(logger, address, failure);
            return new LinkEnd(LinkEndKind.Failed, $"unexpected, see the aggregator's log: {MessageText.Shorten(failure.Message, LinkFailure.MaxDetailLength)}");
        }
        finally
        {
            connection?.Dispose();
        }
    }

    private static LinkEnd Taken(in Claim claim, AgentIdentity agent) => claim.HolderEpoch == agent.Epoch
        ? new LinkEnd(LinkEndKind.Reserve, $"the same agent is reached at {claim.Holder}", claim.Released)
        : new LinkEnd(
            LinkEndKind.Failed,
            $"node name '{agent.NodeName}' is taken by {claim.Holder}; give one of them another {ServerSettings.NodeName.OptionName}",
            claim.Released);

    private void Enter(State state, string reason)
    {
        if (!_state.Set(state, reason))
        {
            return;
        }

        var name = _node?.Name ?? "(not known yet)";
        switch (state)
        {
            case State.BackingOff:
                LinkLog.Broken(logger, name, address, reason);
                break;
            case State.Failed:
                LinkLog.Failed(logger, name, address, reason);
                break;
            case State.Duplicate:
                LinkLog.Reserve(logger, name, address, reason);
                break;
        }
    }
}
