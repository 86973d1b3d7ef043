using Grpc.Core;
using Monitor.SimulatedAgents.Hosting;
using Monitor.V1;

namespace Monitor.SimulatedAgents.Services;

/// <summary>The programs that an agent would have whose events are made up here, all of them at work.</summary>
internal sealed class SimulatedPrograms : ProgramService.ProgramServiceBase
{
    public override Task<ListProgramsResponse> ListPrograms(ListProgramsRequest request, ServerCallContext context)
    {
        var response = new ListProgramsResponse();
        response.Programs.AddRange(Of(CallAgent.Of(context)));
        response.Count = response.Programs.Count;
        return Task.FromResult(response);
    }

    public static IEnumerable<Program> Of(SimulatedAgent agent) =>
        agent.Run.Log.GetStatistics().Types.OrderBy(type => type.Type, StringComparer.Ordinal).Select(type => new Program
        {
            Name = type.Type,
            NodeName = agent.NodeName,
            Description = "Events that are made up.",
            Type = "raw_tracepoint",
            Hook = "simulated",
            Status = "active",
            Hooks = { new Hook { Name = "simulated", Type = "raw_tracepoint", Status = "active" } },
            Counters = new ProgramCounters { Produced = (ulong)type.Events, Stored = (ulong)type.Events },
        });
}
