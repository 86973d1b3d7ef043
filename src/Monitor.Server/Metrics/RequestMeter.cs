using System.Diagnostics;
using System.Globalization;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>How long requests take, by what was asked and how it was answered. Streams last as long as their clients like and are
/// left out.</summary>
internal sealed class RequestMeter(MonitorServerOptions options)
{
    private static readonly long[] Bounds = [1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000, 1_000_000_000, 3_000_000_000, 10_000_000_000];

    private readonly Lock _lock = new();
    private readonly SeriesFamily _durations = new(
        "monitor_request_duration_seconds",
        "How long requests took that are not streams, by rpc or page, transport and status.",
        ["method", "transport", "status"],
        [],
        Math.Max(1, options.Metrics.MaxSeries / 3),
        Bounds);

    /// <summary>The middleware. Runs behind routing and before what may refuse a request.</summary>
    public async Task MeasureAsync(HttpContext context, RequestDelegate next)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            if (context.GetEndpoint() is not { } endpoint || !CallLimit.IsStream(endpoint))
            {
                Note(context, Stopwatch.GetElapsedTime(start));
            }
        }
    }

    /// <summary>Shows the metrics.</summary>
    public void Read(Action<IReadOnlyList<SeriesFamily>> read)
    {
        lock (_lock)
        {
            read([_durations]);
        }
    }

    private void Note(HttpContext context, TimeSpan duration)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        var isRest = RestRequest.IsRest(context);
        var rpc = metadata?.GetMetadata<GrpcJsonTranscodingMetadata>()?.MethodDescriptor.FullName;
        var grpc = metadata?.GetMetadata<GrpcMethodMetadata>()?.Method;
        string[] labels =
        [
            // Paths that do not exist are anybody's to invent.
            rpc ?? (grpc is not null ? $"{grpc.ServiceName}.{grpc.Name}" : metadata?.GetMetadata<PageMetadata>()?.Path ?? "none"),
            isRest ? "rest" : "grpc",
            StatusOf(context, isRest),
        ];
        lock (_lock)
        {
            _durations.Observe(_durations.Get(labels), duration.Ticks * TimeSpan.NanosecondsPerTick);
        }
    }

    private static string StatusOf(HttpContext context, bool isRest)
    {
        // gRPC says how it ended in the trailers, or in the headers where that is all.
        var trailers = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseTrailersFeature>()?.Trailers;
        return isRest ? context.Response.StatusCode.ToString(CultureInfo.InvariantCulture)
            : trailers?["grpc-status"] is { Count: > 0 } status ? status.ToString()
            : context.Response.Headers["grpc-status"] is { Count: > 0 } early ? early.ToString()
            : "none";
    }
}
