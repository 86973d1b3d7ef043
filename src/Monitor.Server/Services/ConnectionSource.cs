using Monitor.Events;

namespace Monitor.Server;

/// <summary>The directory of open connections, which not every server has.</summary>
internal sealed class ConnectionSource(IConnectionDirectory? directory)
{
    /// <inheritdoc cref="IConnectionDirectory.ListAsync"/>
    public Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken) =>
        directory?.ListAsync(query, cancellationToken) ?? throw new ConnectionsException("this server knows of none");
}
