using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.FlowService</c>.</summary>
internal sealed class FlowRpcs(FlowLister lister) : FlowService.FlowServiceBase
{
    public override Task<ListFlowsResponse> ListFlows(ListFlowsRequest request, ServerCallContext context) =>
        lister.ListAsync(request, RequestAccess.Of(context.GetHttpContext()), context.CancellationToken);
}
