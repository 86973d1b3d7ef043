using Microsoft.AspNetCore.Http;
using Monitor.Events;

namespace Monitor.Server;

/// <summary>
/// Runs queries. One keeps a core busy for up to tens of milliseconds, flows for
/// a second or so for a million events; any number at once would starve the streams, so
/// one core is left to them. What reads the history takes its turn here too.
/// </summary>
/// <remarks>Of one client only as many wait for a core as may run, and on a small machine that is one: however many it has sent,
/// another client's query waits for one of them.</remarks>
/// <param name="http">Whose query it is. Null: all are of one.</param>
internal sealed class QueryCores(IHttpContextAccessor? http = null) : IDisposable
{
    private static readonly int Cores = Math.Max(1, Environment.ProcessorCount - 1);

    private readonly SemaphoreSlim _cores = new(Cores);
    private readonly ClientTurns _turns = new(http, Math.Max(1, Cores - 1));

    /// <summary>Runs a query on this thread, once its turn has come.</summary>
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public Task<T> RunAsync<T>(Func<T> query, CancellationToken cancellationToken) =>
        _turns.RunAsync(() => RunNextAsync(query, cancellationToken), cancellationToken);

    public void Dispose() => _cores.Dispose();

    private async Task<T> RunNextAsync<T>(Func<T> query, CancellationToken cancellationToken)
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
}
