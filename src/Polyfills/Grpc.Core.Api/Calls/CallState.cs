namespace Grpc.Core;

/// <summary>
/// What all kinds of calls hand on to the transport: one state object and static functions on it, so that a call costs
/// no closures.
/// </summary>
internal readonly struct CallState(
    Func<object, Task<Metadata>> responseHeaders,
    Func<object, Status> getStatus,
    Func<object, Metadata> getTrailers,
    Action<object> dispose,
    object state)
{
    // Functions without a state become functions whose state is the four of them.
    internal CallState(
        Task<Metadata> responseHeaders, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose)
        : this(
            static s => ((Stateless)s).ResponseHeaders,
            static s => ((Stateless)s).GetStatus(),
            static s => ((Stateless)s).GetTrailers(),
            static s => ((Stateless)s).Dispose(),
            new Stateless(responseHeaders, getStatus, getTrailers, dispose))
    {
    }

    internal Task<Metadata> ResponseHeadersAsync() => responseHeaders(state);

    internal Status GetStatus() => getStatus(state);

    internal Metadata GetTrailers() => getTrailers(state);

    internal void Dispose() => dispose(state);

    private sealed record Stateless(
        Task<Metadata> ResponseHeaders, Func<Status> GetStatus, Func<Metadata> GetTrailers, Action Dispose);
}
