using Grpc.Core;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.ExplainService</c>.</summary>
internal sealed class ExplainRpcs(EventExplainer explainer) : ExplainService.ExplainServiceBase
{
    public override Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context) =>
        explainer.ExplainAsync(request, RequestAccess.Of(context.GetHttpContext()), context.CancellationToken);
}
