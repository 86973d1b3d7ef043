using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>
/// Lets a request pass whose reader may have what it asks for, and says no to every other in the same words. Runs between
/// routing and the endpoints, before anything looks at what was asked.
/// </summary>
internal sealed class AccessGuard(
    RequestDelegate next, MonitorServerOptions server, AccessOptions options, Refusals refusals, Authenticator authenticator)
{
    private static readonly Reader Everyone = new() { Name = "everyone", ReadsStatus = true, ReadsAllEvents = true };

    private static readonly Reader Anonymous = new() { Name = "anonymous" };

    public async Task InvokeAsync(HttpContext context)
    {
        // A path that does not exist is a 404 for everybody: which there are is in the repository.
        if (context.GetEndpoint() is not { } endpoint)
        {
            await next(context);
        }
        else if (!options.RequiresReaders)
        {
            await (IsOwnName(context) ? PassAsync(context, Everyone, null) : RefuseNameAsync(context));
        }
        else
        {
            await CheckAsync(context, AccessRights.Of(endpoint));
        }
    }

    private async Task CheckAsync(HttpContext context, AccessRight right)
    {
        var (reader, problem, isThrottled, isUnavailable) = await authenticator.AuthenticateAsync(context);
        var client = LimitedClient.Of(context);
        if (reader is null && right == AccessRight.Health && options.IsHealthOpen
            || right == AccessRight.Metrics && options.AreMetricsOpen && reader is not { ReadsStatus: true })
        {
            await PassAsync(context, Anonymous, null);
        }
        else if (isThrottled)
        {
            refusals.CountThrottled();
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, StatusCode.ResourceExhausted, "too many wrong credentials; wait");
        }
        else if (isUnavailable)
        {
            refusals.CountUnauthenticated(client, problem!);
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, StatusCode.Unavailable, "credentials cannot be checked now; try again");
        }
        else if (reader is null)
        {
            refusals.CountUnauthenticated(client, problem!);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(
                context, StatusCodes.Status401Unauthorized, StatusCode.Unauthenticated, "this needs a valid client certificate or bearer token");
        }
        else if (right == AccessRight.Events ? !reader.ReadsEvents : right is AccessRight.Status or AccessRight.Metrics && !reader.ReadsStatus)
        {
            refusals.CountForbidden(client, $"{reader.Name} may not read {context.Request.Path}");
            await RefuseAsync(
                context, StatusCodes.Status403Forbidden, StatusCode.PermissionDenied, $"your credential does not allow reading {Named(right)}");
        }
        else
        {
            await PassAsync(context, reader, right);
        }
    }

    private static string Named(AccessRight right) => right == AccessRight.Events ? "events" : right == AccessRight.Metrics ? "metrics" : "programs, agents and statistics";

    /// <param name="context">The request.</param>
    /// <param name="reader">Who sent it.</param>
    /// <param name="right">What its credential was asked for; null where it needs none.</param>
    private async Task PassAsync(HttpContext context, Reader reader, AccessRight? right)
    {
        var access = new RequestAccess(reader, right is null ? null : authenticator, context, refusals);
        context.Features.Set(access);
        // Streams of events end by themselves, in words and with a token to go on with; those of health and reflection know
        // nothing of credentials.
        using var lease = right is null or AccessRight.Events || !CallLimit.IsStream(context.GetEndpoint()!)
            ? null
            : new AccessLease(access, server, context.Abort);
        await next(context);
    }

    // Without readers the server is open to this machine alone, and so to the browser on it. A page whose owner has its name
    // lead to 127.0.0.1 then has a name of its own, which a number cannot be.
    private bool IsOwnName(HttpContext context)
    {
        var host = context.Request.Host.Host;
        return options.IsInsecure
            || host.Length == 0
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || host.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(host, out _);
    }

    private static Task RefuseNameAsync(HttpContext context) => RefuseAsync(
        context,
        StatusCodes.Status421MisdirectedRequest,
        StatusCode.InvalidArgument,
        "this server is for this machine alone: address it as localhost or by a number");

    private static Task RefuseAsync(HttpContext context, int httpStatus, StatusCode code, string message)
    {
        if (RestRequest.IsRest(context))
        {
            return RestError.WriteAsync(context, httpStatus, code, message);
        }

        GrpcRefusal.Write(context, code, message);
        return Task.CompletedTask;
    }
}
