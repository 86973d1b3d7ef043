using Grpc.Core;

namespace Monitor.Aggregator.Links;

/// <summary>
/// What an agent is asked beside its stream, on the same connection: its clock, how it is, and its programs. That none
/// of it is answered breaks no link: the stream tells whether the agent is there.
/// </summary>
internal sealed class AgentPoll(
    AgentConnection connection,
    AgentNode node,
    LinkState state,
    LinkOptions options,
    TimeProvider time)
{
    // An agent has two. What one can make the aggregator keep must have a bound.
    private const int MaxPrograms = 64;

    /// <summary>Asks at once and then again and again, until it is cancelled or the connection breaks.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await AskAsync(cancellationToken);
            // Thousands of agents that were reached in the same moment are not to be asked in the same moment.
            var interval = options.PollInterval * (0.9 + 0.2 * Random.Shared.NextDouble());
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await connection.GetHealthAsync(cancellationToken);
            state.Heard();
            state.SetHealth(answer.Health.Status);
            node.NoteClock(answer);
            var response = await connection.ListProgramsAsync(cancellationToken);
            foreach (var program in response.Programs)
            {
                program.NodeName = node.Name;
            }

            node.SetPrograms([.. response.Programs.Take(MaxPrograms)]);
        }
        catch (RpcException)
        {
            // The next time.
        }
    }
}
