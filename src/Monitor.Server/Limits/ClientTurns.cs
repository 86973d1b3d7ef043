using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>Has the work of one client wait for its own, so that it does not take all places from others. Any thread.</summary>
/// <param name="http">Whose work it is. Null: all is of one that need not wait.</param>
/// <param name="most">Most that is worked on for one client at a time.</param>
internal sealed class ClientTurns(IHttpContextAccessor? http, int most)
{
    private readonly ConditionalWeakTable<LimitedClient, SemaphoreSlim> _turns = [];

    /// <summary>Does the work, once the turn of the client has come whose request this is.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        if (http?.HttpContext?.Features.Get<LimitedClient>() is not { } client)
        {
            return await work();
        }

        // Never disposed of, for a client may be forgotten before the last of its calls has ended; nobody asks for a handle of it.
        var turns = _turns.GetValue(client, _ => new SemaphoreSlim(most));
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            turns.Release();
        }
    }
}
