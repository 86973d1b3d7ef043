using System.Buffers;
using Microsoft.Extensions.Logging;
using Monitor.ClickHouse.Reading;
using Monitor.ClickHouse.Tables;
using Monitor.Events;
using Monitor.Server;
using Polly;
using Polly.Retry;

namespace Monitor.ClickHouse.Writing;

/// <summary>
/// Follows a log and writes what is in it to ClickHouse, in batches. It is a cursor like any other reader: while the server is
/// slow or away it stands still and holds one batch, and the log does not wait. What leaves the log meanwhile is counted, and
/// written as a loss. It begins with the oldest entry of the log: what was there already becomes one row with it. Of a log that an
/// earlier run has stored it leaves out what is there: that may be a thousand times as much.
/// </summary>
internal sealed class ArchiveWriter : IDisposable
{
    private readonly EventLog _log;
    private readonly ArchiveServer _server;
    private readonly ArchiveOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventCursor _cursor;
    private readonly ArchiveBatch _batch;
    private long _position;
    private long _inserted;
    private long _retries;
    private long _evicted;
    private volatile string? _problem = "not connected yet";

    public ArchiveWriter(EventLog log, ArchiveServer server, ArchiveOptions options, TimeProvider time, ILogger logger)
    {
        _log = log;
        _server = server;
        _options = options;
        _time = time;
        _logger = logger;
        _cursor = log.OpenCursor(null, LogPosition.Oldest);
        _position = _cursor.Position;
        _batch = new ArchiveBatch(log, _cursor, options, time);
    }

    /// <summary>Entries of the log before this position are there, but for those that it says are missing. Any thread.</summary>
    public long Position => Interlocked.Read(ref _position);

    /// <summary>What is to be said of it now. Any thread.</summary>
    public ArchiveStatus Status
    {
        get
        {
            // Before the cursor's counts, so that it is never above them.
            var inserted = Interlocked.Read(ref _inserted);
            var counters = _cursor.GetCounters();
            return new ArchiveStatus
            {
                Server = _options.Server.ToString(),
                Inserted = inserted,
                // Those of the batch that is under way were delivered, but are not there.
                Waiting = counters.Ahead + counters.Delivered - inserted,
                Evicted = counters.Evicted,
                Retries = Interlocked.Read(ref _retries),
                Problem = _problem,
            };
        }
    }

    /// <summary>Writes until it is cancelled or the log has ended. Throws nothing.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception failure)
        {
            _problem = $"writing has ended: {failure.Message}";
            ArchiveWriterLog.Ended(_logger, _options.Server.ToString(), failure);
        }
    }

    public void Dispose() => _batch.Dispose();

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var retries = Retries();
        await retries.ExecuteAsync(async cancelled => await CheckSchemaAsync(cancelled), cancellationToken);
        await LeaveOutWrittenAsync(cancellationToken);
        ArchiveWriterLog.Started(_logger, _options.Server.ToString());
        while (await _cursor.WaitAsync(cancellationToken))
        {
            await Task.Delay(_options.BatchDelay, _time, cancellationToken);
            bool atEnd;
            do
            {
                atEnd = _batch.Read();
                await InsertAsync(retries, ArchiveTable.Losses, _batch.LossBytes, cancellationToken);
                await InsertAsync(retries, ArchiveTable.Events, _batch.EventBytes, cancellationToken);
                Interlocked.Add(ref _inserted, _batch.Events);
                Interlocked.Exchange(ref _position, _cursor.Position);
                ReportEvicted();
            }
            while (!atEnd);
        }
    }

    private async Task LeaveOutWrittenAsync(CancellationToken cancellationToken)
    {
        if (!_log.IsRestored)
        {
            return;
        }

        try
        {
            var since = _log.GetStatistics().OldestTimeUnixNanos ?? long.MinValue;
            _cursor.LeaveOut(await new ArchiveReader(_server).ListRunsAsync(new ArchiveRuns([], HasOthers: true), since, cancellationToken));
        }
        catch (Exception failure) when (ArchiveServer.IsFailure(failure, cancellationToken))
        {
            ArchiveWriterLog.WritesAgain(_logger, _options.Server.ToString(), ArchiveServer.Describe(failure));
        }
    }

    private async Task CheckSchemaAsync(CancellationToken cancellationToken)
    {
        if (await SchemaCheck.FindProblemAsync(_server, _options.Server.Database, cancellationToken) is { } problem)
        {
            throw new SchemaException(problem);
        }

        _problem = null;
    }

    private async Task InsertAsync(ResiliencePipeline retries, ArchiveTable table, ReadOnlySequence<byte> rows, CancellationToken cancellationToken)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        await retries.ExecuteAsync(async cancelled => await _server.InsertAsync(table, rows, _batch.Token, cancelled), cancellationToken);
        if (_problem is not null)
        {
            _problem = null;
            ArchiveWriterLog.Recovered(_logger, _options.Server.ToString());
        }
    }

    private void ReportEvicted()
    {
        var evicted = _cursor.GetCounters().Evicted;
        if (evicted > _evicted)
        {
            ArchiveWriterLog.Evicted(_logger, evicted - _evicted, _options.Server.ToString());
            _evicted = evicted;
        }
    }

    private ResiliencePipeline Retries() => new ResiliencePipelineBuilder { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = static attempt => ValueTask.FromResult(
                attempt.Outcome.Exception is { } failure
                && (failure is SchemaException || ArchiveServer.IsFailure(failure, attempt.Context.CancellationToken))),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = _options.FirstBackoff,
            MaxDelay = _options.LongestBackoff,
            OnRetry = attempt =>
            {
                Interlocked.Increment(ref _retries);
                var problem = ArchiveServer.Describe(attempt.Outcome.Exception!);
                if (_problem != problem)
                {
                    _problem = problem;
                    ArchiveWriterLog.Failed(_logger, _options.Server.ToString(), problem);
                }

                return default;
            },
        })
        .Build();
}
