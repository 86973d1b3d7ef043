using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.StatusService</c>.</summary>
internal sealed class StatusRpcs(HealthReader health, StatsReader stats, AgentsReader agents)
    : StatusService.StatusServiceBase
{
    public override async Task<GetHealthResponse> GetHealth(GetHealthRequest request, ServerCallContext context)
    {
        var response = await health.ReadAsync(context.CancellationToken);
        var http = context.GetHttpContext();
        if (!RequestAccess.Of(http).ShowsStatus)
        {
            // Parts have the names of nodes and agents, and what is wrong with them.
            response = new GetHealthResponse { Status = response.Status, Component = response.Component };
        }

        // HTTP probes look at the status line only. A gRPC response must always be 200.
        if (response.Status == HealthReader.Unhealthy && RestRequest.IsRest(http))
        {
            // Transcoding sets its own status when it writes the answer.
            http.Response.OnStarting(() =>
            {
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return Task.CompletedTask;
            });
        }

        return response;
    }

    public override Task<GetStatsResponse> GetStats(GetStatsRequest request, ServerCallContext context) =>
        stats.ReadAsync(context.CancellationToken);

    public override Task<ListAgentsResponse> ListAgents(ListAgentsRequest request, ServerCallContext context)
    {
        var response = agents.List(request);
        if (RestRequest.IsRest(context.GetHttpContext()))
        {
            // Transcoding refuses durations whose nanoseconds are negative, and with them the whole answer.
            foreach (var agent in response.Agents.Where(agent => agent.ClockOffset is { Nanos: < 0 } or { Seconds: < 0 }))
            {
                agent.ClockOffset = null;
            }
        }

        return Task.FromResult(response);
    }
}
