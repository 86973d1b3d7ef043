using Monitor.Events;

namespace Monitor.Server;

/// <summary>Where the server learns of open connections: the kernel of its own node, or the agents of all nodes.</summary>
public interface IConnectionDirectory
{
    /// <summary>A page of the connections that are open now. Any thread, any number at once: it bounds itself.</summary>
    /// <param name="query">Which page.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the answer any more.</param>
    /// <exception cref="ConnectionsException">It cannot tell at all.</exception>
    Task<ConnectionPage> ListAsync(ConnectionQuery query, CancellationToken cancellationToken);
}
