using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>
/// Bounds what the requests of one client keep while they are open, and how long that is, whatever becomes of them. A request that is
/// refused stays open until its client has read why, which it may never do. Outermost, so that nothing is open that is not counted.
/// </summary>
internal sealed class OpenRequests(RequestDelegate next, MonitorServerOptions options, LimitCounters counters, ILogger<OpenRequests> logger)
{
    // What the web server keeps of a request beside its headers and its body.
    private const int RequestBytes = 8 << 10;

    // ENHANCE_YOUR_CALM (RFC 9113, 7).
    private const int Calm = 0xb;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<LimitedClient>() is not { } client)
        {
            await next(context);
            return;
        }

        // Null over HTTP/1.1, where an answer that is not read keeps its service.
        var stream = context.Features.Get<IHttp2StreamIdFeature>()?.StreamId ?? 0;
        var streams = stream == 0 ? null : context.Features.Get<Http2Streams>();
        if (streams?.IsRefused(stream) == true)
        {
            counters.Requests.Add();
            Reset(context);
            return;
        }

        using var timeout = new CancellationTokenSource(options.Clients.CallTimeout, options.Time);
        using var end = timeout.Token.UnsafeRegister(_ => CutOff(context), null);
        using var held = new HeldRequest(client);
        if (!held.TryAdd(RequestBytes + SizeOf(context.Request)))
        {
            // A client that reads no answers would not read this one either.
            counters.Requests.Add();
            Reset(context);
            return;
        }

        var open = new OpenRequest(held, timeout);
        context.Features.Set(open);
        try
        {
            await next(context);
        }
        finally
        {
            Forget(context);
            if (!open.Stays)
            {
                streams?.Answer(stream);
            }
        }
    }

    // Over HTTP/2, the web server keeps a request until its answer was sent to its end, for which its client may wait as long as it
    // likes; see Http2Streams. What it keeps is then small.
    private static void Forget(HttpContext context)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IHttpRequestFeature>() is { } request)
        {
            request.Headers.Clear();
            request.Path = "";
            request.QueryString = "";
            request.RawTarget = "";
            request.Body = Stream.Null;
        }
    }

    // Headers are text of two bytes a character in memory, however often the client sent them by reference.
    private static int SizeOf(HttpRequest request)
    {
        var characters = request.Path.Value!.Length + request.QueryString.Value!.Length;
        foreach (var (name, values) in request.Headers)
        {
            characters += name.Length;
            foreach (var value in values)
            {
                characters += value?.Length ?? 0;
            }
        }

        return characters * sizeof(char);
    }

    private static void Reset(HttpContext context)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } http2)
        {
            http2.Reset(Calm);
        }
        else
        {
            context.Abort();
        }
    }

    private void CutOff(HttpContext context)
    {
        counters.Timeouts.Add();
        LimitLog.TimedOut(logger, context.Connection.RemoteIpAddress, options.Clients.CallTimeout);
        context.Abort();
    }
}

/// <summary>A request while it is open. A feature of it.</summary>
/// <param name="held">What it keeps.</param>
/// <param name="timeout">Ends it.</param>
internal sealed class OpenRequest(HeldRequest held, CancellationTokenSource timeout)
{
    /// <summary>What it keeps.</summary>
    public HeldRequest Held => held;

    /// <summary>Whether it may stay as long as its client likes.</summary>
    public bool Stays { get; private set; }

    /// <summary>It is a stream: it may stay, and go unread to its end, since that costs nothing but its place.</summary>
    public void MayStay()
    {
        Stays = true;
        timeout.CancelAfter(Timeout.InfiniteTimeSpan);
    }
}
