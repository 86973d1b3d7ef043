using Microsoft.Extensions.Logging.Abstractions;
using Monitor.ClickHouse.Writing;
using Monitor.Events;
using Monitor.Server;

namespace Monitor.ClickHouse.Tests;

/// <summary>A writer that runs, until it is disposed of.</summary>
internal sealed class RunningWriter : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ArchiveServer _server;
    private readonly ArchiveWriter _writer;
    private readonly Task _running;

    public RunningWriter(EventLog log, ArchiveOptions options, ServerDialect dialect)
    {
        _server = new ArchiveServer(options, dialect);
        _writer = new ArchiveWriter(log, _server, options, TimeProvider.System, NullLogger.Instance);
        _running = _writer.RunAsync(_stop.Token);
    }

    public RunningWriter(EventLog log, Engine engine)
        : this(log, engine.Options, engine.Dialect)
    {
    }

    public ArchiveStatus Status => _writer.Status;

    /// <summary>Waits until nothing of the log is unwritten.</summary>
    public Task ForAllAsync() => Waiting.ForAsync("everything to be written", () => Status is { Waiting: 0, Problem: null });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _writer.Dispose();
        _server.Dispose();
        _stop.Dispose();
    }
}
