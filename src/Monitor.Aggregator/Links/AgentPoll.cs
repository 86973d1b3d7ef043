using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

using Program = Monitor.V1.Program;

/// <summary>
/// What an agent is asked beside its stream, on the same connection: its clock, its health, and its programs. A link
/// does not break where an answer fails: the stream tells whether the agent is there.
/// </summary>
internal sealed class AgentPoll(
    AgentConnection connection,
    AgentNode node,
    LinkState state,
    FleetDemand demand,
    LinkOptions options,
    TimeProvider time)
{
    // An agent has ten at most. One must not make the aggregator keep any number.
    private const int MaxPrograms = 64;

    /// <summary>Asks at once and then again and again, until it is cancelled or the connection breaks.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await AskAsync(cancellationToken);
            // So that thousands of agents that were reached in one moment are not all asked in one moment.
            var interval = options.PollInterval * (0.9 + 0.2 * Random.Shared.NextDouble());
            var next = Task.Delay(interval, time, cancellationToken);
            do
            {
                var changed = demand.Changed;
                await DemandAsync(cancellationToken);
                await Task.WhenAny(next, changed);
            }
            while (!next.IsCompleted);

            await next;
        }
    }

    // With each poll, a third of the time for which an agent takes it to be asked.
    private async Task DemandAsync(CancellationToken cancellationToken)
    {
        var wanted = demand.Current;
        string[] names = [.. node.OnDemandPrograms.Where(wanted.Includes)];
        if (names.Length == 0)
        {
            return;
        }

        try
        {
            await connection.DemandProgramsAsync(names, cancellationToken);
        }
        catch (RpcException)
        {
            // The next time.
        }
    }

    // An invalid duration cannot be written as JSON, and would fail the whole list.
    private static void Mend(Program program)
    {
        program.RunTimePerEvent = Valid(program.RunTimePerEvent);
        foreach (var stats in program.Hooks.Select(hook => hook.RunStats).OfType<HookRunStats>())
        {
            stats.RunTime = Valid(stats.RunTime);
        }
    }

    private static Duration? Valid(Duration? duration) =>
        duration is not null && WireDuration.IsValid(duration.Seconds, duration.Nanos) ? duration : null;

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await connection.GetHealthAsync(cancellationToken);
            state.NoteHeard();
            state.SetHealth(answer.Health.Status);
            node.NoteClock(answer);
            var response = await connection.ListProgramsAsync(cancellationToken);
            foreach (var program in response.Programs)
            {
                program.NodeName = node.Name;
                Mend(program);
            }

            node.SetPrograms([.. response.Programs.Take(MaxPrograms)]);
        }
        catch (RpcException)
        {
            // The next time.
        }
    }
}
