using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>
/// Gives the errors that no service answers, such as an unknown path, the body that all others have.
/// </summary>
internal sealed class ErrorBodies(RequestDelegate next, EndpointDataSource endpoints, ILogger<ErrorBodies> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!RestRequest.IsRest(context))
        {
            await next(context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await RestError.WriteAsync(context, bad.StatusCode, CodeOf(bad.StatusCode), MessageOf(bad));
            return;
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested || IsEndOfConnection(gone))
        {
            // The connection is over before the request has heard of it.
            RestLog.ClientGone(logger, context.Request.Path);
            return;
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            RestLog.Failed(logger, context.Request.Method, context.Request.Path, failure);
            await RestError.WriteAsync(
                context, StatusCodes.Status500InternalServerError, StatusCode.Internal, "internal error");
            return;
        }

        if (!context.Response.HasStarted
            && context.Response is { StatusCode: >= 400, ContentType: null, ContentLength: null })
        {
            await WriteAsync(context);
        }
    }

    private static bool IsEndOfConnection(Exception failure) =>
        failure is ConnectionAbortedException or ConnectionResetException
            or OperationCanceledException { InnerException: ConnectionAbortedException or ConnectionResetException };

    private Task WriteAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        return status switch
        {
            StatusCodes.Status404NotFound =>
                RestError.WriteAsync(context, status, StatusCode.NotFound, NoSuchPath(context.Request.Path)),
            StatusCodes.Status405MethodNotAllowed => RestError.WriteAsync(
                context,
                status,
                StatusCode.Unimplemented,
                $"{context.Request.Path} does not take {context.Request.Method}; it takes "
                + $"{context.Response.Headers[HeaderNames.Allow]}"),
            >= 500 => RestError.WriteAsync(context, status, StatusCode.Internal, "internal error"),
            _ => RestError.WriteAsync(
                context,
                status,
                StatusCode.InvalidArgument,
                Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)),
        };
    }

    // The web server's own words name its settings.
    private static string MessageOf(BadHttpRequestException bad) => bad.StatusCode == StatusCodes.Status408RequestTimeout
        ? "the body of the request comes too slowly"
        : bad.Message;

    private static StatusCode CodeOf(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        _ => StatusCode.InvalidArgument,
    };

    private string NoSuchPath(string path)
    {
        var known = RestRoutes.Paths(endpoints);
        return $"no such path '{RequestFields.Shorten(path)}': {NearestName.DidYouMean(path, known)}the paths are {string.Join(", ", known)}";
    }
}
