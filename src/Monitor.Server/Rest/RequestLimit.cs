using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>Refuses requests beyond the rate of one client. Before routing: a refusal costs little.</summary>
internal sealed class RequestLimit(RequestDelegate next, MonitorServerOptions options, LimitCounters counters)
{
    private readonly string _message =
        $"more than {options.Clients.MaxRequestsPerSecond} requests per second: wait, or ask for more with each request";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<LimitedClient>()?.TryTakeRequest() != false)
        {
            return next(context);
        }

        counters.Requests.Add();
        return RefuseAsync(context, _message);
    }

    /// <summary>Answers 429 or RESOURCE_EXHAUSTED: the client is to wait a second.</summary>
    public static Task RefuseAsync(HttpContext context, string message)
    {
        if (RestRequest.IsRest(context))
        {
            context.Response.Headers.RetryAfter = "1";
            return RestError.WriteAsync(context, StatusCodes.Status429TooManyRequests, StatusCode.ResourceExhausted, message);
        }

        GrpcRefusal.Write(context, StatusCode.ResourceExhausted, message);
        return Task.CompletedTask;
    }
}
