using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Monitor.Server;

/// <summary>
/// Limits the streams of one client, and has its other calls take turns; <see cref="OpenRequests"/> has them come to an end: the
/// request sent, worked on and the answer read. Runs between routing and the endpoints.
/// </summary>
internal sealed class CallLimit(RequestDelegate next, MonitorServerOptions options, LimitCounters counters)
{
    // What a call that looks for its client may take until it does.
    private static readonly TimeSpan EndOfLeftCalls = TimeSpan.FromSeconds(1);

    /// <summary>What a client is told whose calls keep too much.</summary>
    public static readonly string TooManyBytes =
        $"the requests of this client's calls have more than {LimitedClient.MaxHeldBytes >> 20} MiB together, or those of all clients more "
        + $"than {LimitedClient.MaxHeldBytesOfAll >> 20} MiB: close streams, or send fewer calls at once";

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

        var open = context.Features.GetRequiredFeature<OpenRequest>();
        open.MayStay();
        var place = new Taken(() =>
        {
            open.Held.Dispose();
            client.CloseStream();
        });
        using var left = context.RequestAborted.UnsafeRegister(static place => ((Taken)place!).GiveBack(), place);
        try
        {
            if (type == MethodType.DuplexStreaming)
            {
                context.Request.Body = new GrpcMessageStream(context);
                await next(context);
            }
            else if (await HasMessageAsync(context, open.Held))
            {
                await next(context);
            }
        }
        finally
        {
            place.GiveBack();
        }
    }

    private async Task CallAsync(HttpContext context, LimitedClient client)
    {
        var held = context.Features.GetRequiredFeature<OpenRequest>().Held;
        if (!await HasMessageAsync(context, held))
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

        var turn = new Taken(() =>
        {
            held.Dispose();
            client.EndTurn();
        });
        using var left = context.RequestAborted.UnsafeRegister(turn => _ = GiveBackLaterAsync((Taken)turn!), turn);
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
            turn.GiveBack();
        }
    }

    // Not at once: a client could have more worked on than its turns, if it left each call as soon as it has begun.
    private async Task GiveBackLaterAsync(Taken turn)
    {
        await Task.Delay(EndOfLeftCalls, options.Time, CancellationToken.None);
        turn.GiveBack();
    }

    private async ValueTask<bool> HasMessageAsync(HttpContext context, HeldRequest held)
    {
        if (!RestRequest.IsRest(context))
        {
            // Over HTTP/1.1 gRPC says that it is the wrong version, and reads nothing.
            return !HttpProtocol.IsHttp2(context.Request.Protocol) || await GrpcRequestBody.TryReadAsync(context, options.MaxRequestBodyBytes, held, counters);
        }

        // The rest of a request by REST is read in its turn.
        if (held.TryAdd(context.Request.QueryString.Value?.Length ?? 0))
        {
            return true;
        }

        counters.Requests.Add();
        await RequestLimit.RefuseAsync(context, TooManyBytes);
        return false;
    }

    /// <summary>
    /// A place or a turn, given back once: when the call ends, or where its client has left. The web server may never end what
    /// writes to a connection that it has given up because its client resets more than it reads.
    /// </summary>
    private sealed class Taken(Action giveBack)
    {
        private int _isBack;

        public void GiveBack()
        {
            if (Interlocked.Exchange(ref _isBack, 1) == 0)
            {
                giveBack();
            }
        }
    }
}
