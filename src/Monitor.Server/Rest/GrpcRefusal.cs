using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>Ends a gRPC call before it begins: a response of headers only, as the protocol has it.</summary>
internal static class GrpcRefusal
{
    /// <param name="context">The call; nothing was sent yet.</param>
    /// <param name="code">The status.</param>
    /// <param name="message">ASCII.</param>
    public static void Write(HttpContext context, StatusCode code, string message)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = message;
    }
}
