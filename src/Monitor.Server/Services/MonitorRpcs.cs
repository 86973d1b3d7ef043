using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.MonitorService</c>.</summary>
internal sealed class MonitorRpcs(ProgramReader programs, MetricSource metrics, MonitorServerOptions options) :
    MonitorService.MonitorServiceBase
{
    public override async Task<ListMonitorsResponse> ListMonitors(ListMonitorsRequest request, ServerCallContext context)
    {
        var all = await programs.ReadAsync(context.CancellationToken);
        var response = new ListMonitorsResponse();
        response.Monitors.AddRange(all
            .Where(program => request.NodeName.Count == 0 || request.NodeName.Contains(program.NodeName))
            .Select(Describe));
        response.Count = response.Monitors.Count;
        return response;
    }

    public override async Task<GetMonitorMetricsResponse> GetMonitorMetrics(
        GetMonitorMetricsRequest request, ServerCallContext context)
    {
        var access = RequestAccess.Of(context.GetHttpContext());
        if (access.IsScoped)
        {
            throw access.Denied("what monitors count is of the whole node, and your credential is for namespaces");
        }

        var response = await metrics.ReadAsync(request.Name, request.NodeName, context.CancellationToken)
            ?? throw CallErrors.NotFound(
                "name", $"name: no monitor '{MessageText.Shorten(request.Name)}' of the user's own runs; GET /api/monitors lists them.");
        response.QueryTime = Timestamp.FromDateTimeOffset(options.Time.GetUtcNow());
        return response;
    }

    private static MonitorDescription Describe(Program program) => new()
    {
        Name = program.Name,
        NodeName = program.NodeName,
        Description = program.Description,
        BuiltIn = program.BuiltIn,
        Status = program.Status,
        Error = program.Error,
        Hooks = { program.Hooks.Select(hook => hook.Name) },
        Schema = program.Schema,
    };
}
