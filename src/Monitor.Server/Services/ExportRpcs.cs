using System.Globalization;
using Google.Api;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>The rpcs of <c>monitor.v1.ExportService</c>.</summary>
internal sealed class ExportRpcs(
    EventLog log,
    ArchivedQueries archived,
    EventExporter exporter,
    FieldChecker fields,
    Subscribers subscribers,
    ParquetPlaces places,
    LimitCounters counters,
    StopSignal stop,
    MonitorServerOptions options,
    ILogger<ExportRpcs> logger) : ExportService.ExportServiceBase
{
    public override async Task ExportEvents(
        ExportEventsRequest request, IServerStreamWriter<ExportEventsResponse> responseStream, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var isRest = RestRequest.IsRest(http);
        var access = RequestAccess.Of(http);
        var accepted = isRest ? ExportFormat.AcceptedBy(http.Request) : ExportFormat.All[0];
        var plan = await ExportPlan.CreateAsync(request, accepted, log, archived, access, fields, options, context.CancellationToken);
        using var place = plan.Format == ExportFormat.Parquet ? TakePlace(http) : null;
        if (isRest)
        {
            http.Response.ContentType = plan.Format.MediaType;
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{FileName(plan)}\"";
            if (HeadRequests.IsHead(http))
            {
                return;
            }

            await http.Response.StartAsync(context.CancellationToken);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stop.Stopping);
        using var lease = new AccessLease(access, options, end.Cancel);
        using var cut = stop.Cut.UnsafeRegister(static state => ((HttpContext)state!).Abort(), http);
        var subscriber = new Subscriber(context.Peer, plan.RequestTime, plan.Cursor);
        subscribers.Add(subscriber);
        ExportLog.Opened(logger, context.Peer, plan.Format.Name, plan.Cursor.Filter);
        try
        {
            await SendAsync(plan, http, isRest ? http.Response.Body.WriteAsync : ToMessages(plan, responseStream, context), end.Token);
        }
        catch (Exception failure) when (isRest)
        {
            // What has begun as a file cannot end as an error: the client sees that it has no end.
            http.Abort();
            if (failure is not OperationCanceledException && !context.CancellationToken.IsCancellationRequested)
            {
                ExportLog.Failed(logger, context.Peer, failure);
            }
        }
        catch (OperationCanceledException) when (lease.IsOver)
        {
            throw access.Ended();
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw CallErrors.ExportCut(options.Component);
        }
        finally
        {
            subscribers.Remove(subscriber);
            ExportLog.Closed(logger, context.Peer, subscriber.GetStats());
        }
    }

    private async Task SendAsync(
        ExportPlan plan,
        HttpContext http,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> send,
        CancellationToken cancellationToken)
    {
        if (plan.Format == ExportFormat.Ndjson)
        {
            await using var output = new ChunkStream(send);
            await exporter.RunAsync(plan, new NdjsonWriter(output), cancellationToken);
        }
        else
        {
            await using var output = new ChunkStream(async (chunk, token) =>
            {
                // Lines cost nothing while nobody reads them. A group of rows is memory, and a place that others may want.
                using var timeout = new CancellationTokenSource(options.Clients.CallTimeout, options.Time);
                using var end = timeout.Token.UnsafeRegister(_ => CutOff(http), null);
                await send(chunk, token);
            });
            await exporter.RunAsync(plan, await ParquetExport.CreateAsync(output, plan, options, cancellationToken), cancellationToken);
        }
    }

    private void CutOff(HttpContext http)
    {
        counters.Timeouts.Add();
        LimitLog.TimedOut(logger, http.Connection.RemoteIpAddress, options.Clients.CallTimeout);
        http.Abort();
    }

    // A write of gRPC that is cancelled breaks the call, which then cannot say why it ends.
    private static Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> ToMessages(
        ExportPlan plan, IServerStreamWriter<ExportEventsResponse> responseStream, ServerCallContext context) =>
        async (chunk, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            await responseStream.WriteAsync(
                new ExportEventsResponse
                {
                    Body = new HttpBody { ContentType = plan.Format.MediaType, Data = UnsafeByteOperations.UnsafeWrap(chunk) },
                },
                context.CancellationToken);
        };

    private IDisposable TakePlace(HttpContext http)
    {
        if (places.TryTake(LimitedClient.Of(http)) is { } place)
        {
            return place;
        }

        counters.Streams.Add();
        http.Response.Headers[HeaderNames.RetryAfter] = "1";
        throw CallErrors.TooManyExports(ParquetPlaces.Count);
    }

    // A node's name may have characters that a file's name or a header must not have.
    private string FileName(ExportPlan plan)
    {
        var of = string.Concat((options.NodeName.Length == 0 ? options.Component : options.NodeName)
            .Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_' ? character : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"events-{of}-{plan.RequestTime.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.{plan.Format.Name}");
    }
}
