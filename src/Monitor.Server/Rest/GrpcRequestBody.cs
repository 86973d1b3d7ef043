using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>
/// Reads the message of a call before the call begins. gRPC itself reports a client that leaves while it sends one, or that
/// sends it too slowly, as an error of ours: a client could fill the log.
/// </summary>
internal static class GrpcRequestBody
{
    // Checks of health need no credential where they are left open. Their message is the name of a service.
    private const int MaxHealthCheckBytes = 4 << 10;

    private const int PartBytes = 4 << 10;

    /// <summary>Reads the whole body, and leaves it to be read once more.</summary>
    /// <param name="context">The call.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    /// <param name="held">Takes up what is read.</param>
    /// <param name="counters">Counts what is refused.</param>
    /// <returns>False where there is no call to answer any more: the client has left, or was told what is wrong.</returns>
    public static async Task<bool> TryReadAsync(HttpContext context, int maxBytes, HeldRequest held, LimitCounters counters)
    {
        if (context.GetEndpoint() is { } endpoint && AccessRights.Of(endpoint) == AccessRight.Health)
        {
            maxBytes = Math.Min(maxBytes, MaxHealthCheckBytes);
        }

        var body = new MemoryStream();
        try
        {
            var part = new byte[PartBytes];
            for (int read; (read = await context.Request.Body.ReadAsync(part, context.RequestAborted)) > 0; body.Write(part, 0, read))
            {
                if (body.Length + read > maxBytes + GrpcMessageCheck.PrefixLength)
                {
                    counters.TooLarge.Add();
                    GrpcRefusal.Write(context, StatusCode.ResourceExhausted, $"the message of the call has more than {maxBytes} bytes");
                    return false;
                }

                if (!held.TryAdd(read))
                {
                    return RefuseToHold(context, counters);
                }
            }
        }
        catch (BadHttpRequestException bad)
        {
            GrpcRefusal.Write(context, CodeOf(bad.StatusCode), "the message of the call is too large, too slow, or not sent as announced");
            return false;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return false;
        }

        if (GrpcMessageCheck.Read(context, body.GetBuffer().AsSpan(0, (int)body.Length), maxBytes) is not { } request)
        {
            GrpcRefusal.Write(context, StatusCode.InvalidArgument, GrpcMessageStream.Problem);
            return false;
        }

        // It was compressed where it has more.
        if (!held.TryAdd(Math.Max(0, request.Length - (int)body.Length)))
        {
            return RefuseToHold(context, counters);
        }

        context.Request.Body = new MemoryStream(request);
        return true;
    }

    private static bool RefuseToHold(HttpContext context, LimitCounters counters)
    {
        counters.Requests.Add();
        GrpcRefusal.Write(context, StatusCode.ResourceExhausted, CallLimit.TooManyBytes);
        return false;
    }

    private static StatusCode CodeOf(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.InvalidArgument,
    };
}
