using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>
/// Limits the streams of one client, and has its other calls take turns and come to an end: the request sent, worked on and
/// the answer read. A stream may last and may go unread, since that costs nothing but its place. Runs between routing and
/// the endpoints.
/// </summary>
internal sealed class CallLimit(
    RequestDelegate next, MonitorServerOptions options, LimitCounters counters, ILogger<CallLimit> logger)
{
    private readonly string _tooManyStreams =
        $"this client has {options.Clients.MaxStreams} streams open: close some, or let one stream serve several readers";

    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<LimitedClient>() is not { } client || context.GetEndpoint() is not { } endpoint ? next(context)
        : TypeOf(endpoint) is var type && type != MethodType.Unary ? StreamAsync(context, client, type)
        : CallAsync(context, client);

    /// <summary>Whether an endpoint is a stream and not a call.</summary>
    public static bool IsStream(Endpoint endpoint) => TypeOf(endpoint) != MethodType.Unary;

    // Pages are calls too.
    private static MethodType TypeOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.Type
        ?? (endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { MethodDescriptor.IsServerStreaming: true }
            ? MethodType.ServerStreaming
            : MethodType.Unary);

    private async Task StreamAsync(HttpContext context, LimitedClient client, MethodType type)
    {
        if (!client.TryOpenStream())
        {
            counters.Streams.Add();
            await RequestLimit.RefuseAsync(context, _tooManyStreams);
            return;
        }

        try
        {
            if (type == MethodType.DuplexStreaming || await HasMessageAsync(context))
            {
                await next(context);
            }
        }
        finally
        {
            client.CloseStream();
        }
    }

    private async Task CallAsync(HttpContext context, LimitedClient client)
    {
        using var timeout = new CancellationTokenSource(options.Clients.CallTimeout, options.Time);
        using var end = timeout.Token.UnsafeRegister(_ => CutOff(context), null);
        if (!await HasMessageAsync(context))
        {
            return;
        }

        bool hasTurn;
        try
        {
            hasTurn = await client.TryTakeTurnAsync(context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client has left, or was cut off while it waited.
            return;
        }

        if (!hasTurn)
        {
            counters.Requests.Add();
            await RequestLimit.RefuseAsync(context, "too many calls of this client wait for their turn");
            return;
        }

        try
        {
            await next(context);
            // gRPC leaves its answer with the web server, which would keep it for a client that does not read.
            if (context.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 } answer)
            {
                await answer.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left, or was cut off.
        }
        finally
        {
            client.EndTurn();
        }
    }

    private async ValueTask<bool> HasMessageAsync(HttpContext context) =>
        RestRequest.IsRest(context) || await GrpcRequestBody.TryReadAsync(context, options.MaxRequestBodyBytes);

    private void CutOff(HttpContext context)
    {
        counters.Timeouts.Add();
        LimitLog.TimedOut(logger, context.Connection.RemoteIpAddress, options.Clients.CallTimeout);
        context.Abort();
    }
}
