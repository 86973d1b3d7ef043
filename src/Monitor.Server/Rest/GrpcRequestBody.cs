using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>
/// Reads the message of a call before the call begins. gRPC itself reports a client that leaves while it sends one, or that
/// sends it too slowly, as an error of ours: a client could fill the log.
/// </summary>
internal static class GrpcRequestBody
{
    /// <summary>Reads the whole body, and leaves it to be read once more.</summary>
    /// <param name="context">The call.</param>
    /// <param name="maxBytes">Most bytes of a message, inflated too.</param>
    /// <returns>False where there is no call to answer any more: the client has left, or was told what is wrong.</returns>
    public static async Task<bool> TryReadAsync(HttpContext context, int maxBytes)
    {
        var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
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

        if (!GrpcMessageCheck.IsRequest(context, body.GetBuffer().AsSpan(0, (int)body.Length), maxBytes))
        {
            GrpcRefusal.Write(context, StatusCode.InvalidArgument, GrpcMessageStream.Problem);
            return false;
        }

        body.Position = 0;
        context.Request.Body = body;
        return true;
    }

    private static StatusCode CodeOf(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.InvalidArgument,
    };
}
