using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.ProgramService</c>.</summary>
internal sealed class ProgramRpcs(ProgramReader programs, DemandTracker demand) : ProgramService.ProgramServiceBase
{
    // As many programs as an aggregator keeps of an agent.
    private const int MaxNames = 64;

    public override async Task<DemandProgramsResponse> DemandPrograms(DemandProgramsRequest request, ServerCallContext context)
    {
        await RequestAccess.Of(context.GetHttpContext()).RequireEventsAsync(context.CancellationToken);
        if (request.Name.Count > MaxNames)
        {
            throw CallErrors.InvalidField("name", $"name: at most {MaxNames} programs, not {request.Name.Count}.");
        }

        demand.Ask(request.Name);
        return new DemandProgramsResponse();
    }

    public override async Task<ListProgramsResponse> ListPrograms(
        ListProgramsRequest request,
        ServerCallContext context)
    {
        var all = await programs.ReadAsync(context.CancellationToken);
        var response = new ListProgramsResponse();
        response.Programs.AddRange(
            request.NodeName.Count == 0 ? all : all.Where(program => request.NodeName.Contains(program.NodeName)));
        response.Count = response.Programs.Count;
        return response;
    }
}
