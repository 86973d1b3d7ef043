using Google.Protobuf.WellKnownTypes;
using Monitor.EventLog;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

using EventLog = Monitor.EventLog.EventLog;

/// <summary>Answers ListEvents from the log.</summary>
internal sealed class EventLister(EventLog log) : IDisposable
{
    // A query keeps a core busy for up to tens of milliseconds. Any number at once would starve the streams, so one core
    // is left to them.
    private readonly SemaphoreSlim _cores = new(Math.Max(1, Environment.ProcessorCount - 1));

    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<ListEventsResponse> ListAsync(ListEventsRequest request, CancellationToken cancellationToken)
    {
        var query = new EventQuery
        {
            Filter = request.ToEventFilter(),
            Limit = request.Limit,
            PageToken = request.PageToken,
        };
        await _cores.WaitAsync(cancellationToken);
        QueryResult result;
        try
        {
            result = log.Query(query);
        }
        catch (FilterException bad)
        {
            throw CallErrors.InvalidField(bad);
        }
        finally
        {
            _cores.Release();
        }

        return new ListEventsResponse
        {
            EncodedEvents = result.Events,
            EncodedEventsOwner = result,
            Count = result.Count,
            TotalCount = (int)Math.Min(result.TotalCount, int.MaxValue),
            QueryTime = Timestamp.FromDateTimeOffset(result.QueryTime),
            Filters = result.Filter,
            NextPageToken = result.NextPageToken,
            OldestTime = result.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
        };
    }

    public void Dispose() => _cores.Dispose();
}
