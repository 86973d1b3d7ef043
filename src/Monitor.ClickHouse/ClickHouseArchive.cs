using Microsoft.Extensions.Logging;
using Monitor.ClickHouse.Reading;
using Monitor.ClickHouse.Writing;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.ClickHouse;

/// <summary>The events of a log in ClickHouse: writes them while it runs, and answers from there. Any thread.</summary>
public sealed class ClickHouseArchive : IEventArchive, IDisposable
{
    // Questions at one time, twice those that one client has: each may be a scan of days on the server, and a page of 4 MiB here.
    private const int MaxQuestions = 16;

    private readonly SemaphoreSlim _questions = new(MaxQuestions);
    private readonly ArchiveServer _server;
    private readonly ArchiveWriter _writer;
    private readonly ArchiveReader _reader;
    private readonly string _name;
    private readonly ILogger _logger;

    /// <summary>Makes it; nothing is connected to before it runs.</summary>
    /// <param name="log">The log. Disposed of by the caller, after <see cref="RunAsync"/> has ended.</param>
    /// <param name="options">Where it is; not to be changed afterwards.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    public ClickHouseArchive(EventLog log, ArchiveOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(options);
        StartUnixNanos = UnixNanos.From(time.GetUtcNow());
        _server = new ArchiveServer(options);
        _reader = new ArchiveReader(_server);
        _name = options.Server.ToString();
        _logger = loggers.CreateLogger("Monitor.ClickHouse.Reading");
        _writer = new ArchiveWriter(log, _server, options, time, loggers.CreateLogger("Monitor.ClickHouse"));
    }

    /// <inheritdoc/>
    public ArchiveStatus Status => _writer.Status;

    /// <inheritdoc/>
    public long StartUnixNanos { get; }

    /// <inheritdoc/>
    public long WrittenPosition => _writer.Position;

    /// <summary>Its part of the server's health: degraded while nothing is written.</summary>
    public HealthPart Health
    {
        get
        {
            var status = Status;
            return new HealthPart
            {
                Name = "clickhouse",
                Status = status.Problem is null ? HealthStatus.Healthy : HealthStatus.Degraded,
                Message = status.Problem is { } problem
                    ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{status.Server}: {problem}; {status.Waiting} events wait, {status.Evicted} left the log unwritten")
                    : "",
            };
        }
    }

    /// <inheritdoc/>
    public Task<ArchivePage> ListAsync(ArchiveQuery query, CancellationToken cancellationToken) =>
        AskAsync(cancelled => _reader.ListAsync(query, cancelled), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]?> FindAsync(ulong epoch, ulong sequence, EventFilter filter, CancellationToken cancellationToken) =>
        AskAsync(cancelled => _reader.FindAsync(epoch, sequence, filter, cancelled), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<ulong, ulong>> ListRunsAsync(ArchiveRuns runs, long since, CancellationToken cancellationToken) =>
        AskAsync(cancelled => _reader.ListRunsAsync(runs, since, cancelled), cancellationToken);

    /// <inheritdoc/>
    public Task<ArchivePids> ListPidsAsync(ArchiveQuery query, CancellationToken cancellationToken) =>
        AskAsync(cancelled => _reader.ListPidsAsync(query, cancelled), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Loss>> ListLossesAsync(ArchiveLossQuery query, CancellationToken cancellationToken) =>
        AskAsync(cancelled => _reader.ListLossesAsync(query, cancelled), cancellationToken);

    /// <inheritdoc/>
    public Task<EventSummary> SummarizeAsync(EventFilter filter, TimeSpan? interval, CancellationToken cancellationToken) =>
        AskAsync(cancelled => _reader.SummarizeAsync(filter, interval, cancelled), cancellationToken);

    /// <summary>Writes until it is cancelled or the log has ended. Throws nothing. To be called once.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _writer.RunAsync(cancellationToken);

    /// <summary>To be called after <see cref="RunAsync"/> has ended.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _server.Dispose();
        _questions.Dispose();
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        // While it is known to be away nobody waits for it.
        if (_writer.Status.Problem is not null)
        {
            throw new ArchiveException(ArchiveException.NotWritten);
        }

        await _questions.WaitAsync(cancellationToken);
        try
        {
            return await ask(cancellationToken);
        }
        catch (Exception failure) when (failure is InvalidDataException || ArchiveServer.IsFailure(failure, cancellationToken))
        {
            // Whoever asks for events may not be meant to know what the server is and does.
            ArchiveReaderLog.Failed(_logger, _name, ArchiveServer.Describe(failure));
            throw new ArchiveException("the log of this server says why", failure);
        }
        finally
        {
            _questions.Release();
        }
    }
}
