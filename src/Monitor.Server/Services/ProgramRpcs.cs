using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.ProgramService</c>.</summary>
internal sealed class ProgramRpcs(ProgramReader programs) : ProgramService.ProgramServiceBase
{
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
