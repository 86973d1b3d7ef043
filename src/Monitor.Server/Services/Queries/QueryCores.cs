using Monitor.Events;

namespace Monitor.Server;

/// <summary>
/// Runs queries. One keeps a core busy for up to tens of milliseconds, flows for
/// a second or so for a million events; any number at once would starve the streams, so
/// one core is left to them.
/// </summary>
internal sealed class QueryCores : IDisposable
{
    private readonly SemaphoreSlim _cores = new(Math.Max(1, Environment.ProcessorCount - 1));

    /// <summary>Runs a query on this thread, once its turn has come.</summary>
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<T> RunAsync<T>(Func<T> query, CancellationToken cancellationToken)
    {
        await _cores.WaitAsync(cancellationToken);
        try
        {
            return query();
        }
        catch (FilterException bad)
        {
            throw CallErrors.InvalidField(bad);
        }
        finally
        {
            _cores.Release();
        }
    }

    public void Dispose() => _cores.Dispose();
}
