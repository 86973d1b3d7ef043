using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;
using State = Monitor.V1.Agent.Types.State;

namespace Monitor.Aggregator.Links;

/// <summary>
/// Streams the events of an agent into the log, from the place up to which the node was read. There is no queue: no
/// message is read while one is taken in, and the agent's log is the buffer.
/// </summary>
internal sealed class AgentStream(
    AgentConnection connection,
    AgentNode node,
    AgentIdentity agent,
    EventTypeTable types,
    LinkState state,
    FleetDemand demand,
    LinkOptions options,
    TimeProvider time)
{
    private long? _firstAt;
    private long? _watermark;
    private long? _behindSince;

    /// <summary>Called when the first message was taken in.</summary>
    public Action Started { get; init; } = static () => { };

    /// <summary>Streams until it is cancelled or the agent ends it; throws what a call throws.</summary>
    public async Task<LinkEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var silence = new SilenceWatch(options.SilenceLimit, time, end);
        var poll = new AgentPoll(connection, node, state, demand, options, time).RunAsync(end.Token);
        try
        {
            return await ReadAsync(silence, end.Token) with { WasSteady = IsSteady };
        }
        catch (Exception cut) when (silence.HasExpired && cut is OperationCanceledException or RpcException)
        {
            var reason = $"it was silent for {options.SilenceLimit.TotalSeconds:0.#} s, and an agent is heard every "
                + $"{ContractLimits.HeartbeatInterval.TotalSeconds:0} s";
            return new LinkEnd(LinkEndKind.Broken, reason) { WasSteady = IsSteady };
        }
        finally
        {
            await end.CancelAsync();
            await EndAsync(poll);
        }
    }

    /// <summary>Whether the stream has lasted for <see cref="LinkOptions.SteadyAfter"/>.</summary>
    public bool IsSteady => _firstAt is { } first && time.GetElapsedTime(first) >= options.SteadyAfter;

    private async Task<LinkEnd> ReadAsync(SilenceWatch silence, CancellationToken cancellationToken)
    {
        var (token, at) = node.ResumeAt(agent.Epoch);
        var request = new StreamEventsRequest
        {
            ResumeToken = token.ToString(),
            AcceptLoss = true,
            MaxBatchEvents = ContractLimits.MaxBatchEvents,
            MaxBatchDelay = Duration.FromTimeSpan(options.BatchDelay),
            Passive = true,
        };
        var reader = new BatchReader(agent.NodeName, agent.Epoch, types);
        using var batch = new AgentBatch();
        using var call = connection.StreamEvents(request, batch, cancellationToken);
        while (true)
        {
            var next = call.ResponseStream.MoveNext(CancellationToken.None);
            if (next.IsCompletedSuccessfully)
            {
                // An agent that floods always has another message: it must not keep the thread from the others.
                await Task.Yield();
            }

            if (!await next)
            {
                return new LinkEnd(LinkEndKind.Broken, "it ended the stream");
            }

            if (connection.Distrust is { } distrust)
            {
                return new LinkEnd(LinkEndKind.Failed, $"TLS: {distrust}");
            }

            silence.NoteHeard();
            state.NoteHeard();
            if (reader.Read(batch, at) is { } problem)
            {
                return new LinkEnd(LinkEndKind.Failed, $"it sent {problem}; what came before is stored");
            }

            at = node.Take(batch, agent.Epoch);
            Note(batch);
            batch.Clear();
        }
    }

    private void Note(AgentBatch batch)
    {
        // Agents advance it where a message reached the end of their log, and only there.
        // A message without events that repeats it means that the agent's clock was set back.
        if (batch.WatermarkUnixNanos is { } watermark && (!(_watermark >= watermark) || batch.Events.IsEmpty))
        {
            _watermark = watermark;
            _behindSince = null;
            state.Set(State.Streaming, "");
        }
        else
        {
            _behindSince ??= time.GetTimestamp();
            if (_firstAt is null || time.GetElapsedTime(_behindSince.Value) >= options.CatchingUpAfter)
            {
                state.Set(State.CatchingUp, "");
            }
        }

        if (_firstAt is null)
        {
            _firstAt = time.GetTimestamp();
            state.NoteStream();
            Started();
        }
    }

    private static async Task EndAsync(Task poll)
    {
        try
        {
            await poll;
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
    }
}
