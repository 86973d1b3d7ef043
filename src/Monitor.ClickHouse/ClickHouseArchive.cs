using Microsoft.Extensions.Logging;
using Monitor.ClickHouse.Writing;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.ClickHouse;

/// <summary>The events of a log in ClickHouse: writes them while it runs. Any thread.</summary>
public sealed class ClickHouseArchive : IEventArchive, IDisposable
{
    private readonly ArchiveServer _server;
    private readonly ArchiveWriter _writer;

    /// <summary>Makes it; nothing is connected to before it runs.</summary>
    /// <param name="log">The log. Disposed of by the caller, after <see cref="RunAsync"/> has ended.</param>
    /// <param name="options">Where it is; not to be changed afterwards.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    public ClickHouseArchive(EventLog log, ArchiveOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(options);
        _server = new ArchiveServer(options);
        _writer = new ArchiveWriter(log, _server, options, time, loggers.CreateLogger("Monitor.ClickHouse"));
    }

    /// <inheritdoc/>
    public ArchiveStatus Status => _writer.Status;

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

    /// <summary>Writes until it is cancelled or the log has ended. Throws nothing. To be called once.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _writer.RunAsync(cancellationToken);

    /// <summary>To be called after <see cref="RunAsync"/> has ended.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _server.Dispose();
    }
}
