namespace Grpc.Core;

/// <summary>What may be set for one call. Immutable: each <c>With</c> method gives a changed copy.</summary>
public struct CallOptions
{
    /// <summary>Options of a call; what is left out is not set.</summary>
    /// <param name="headers">The headers of the request.</param>
    /// <param name="deadline">When to give up, UTC.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">How requests are written.</param>
    /// <param name="propagationToken">The context of the call that the caller handles.</param>
    /// <param name="credentials">Credentials of this call, besides those of the channel.</param>
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>The headers of the request; <see langword="null"/> for none.</summary>
    public Metadata? Headers { get; private set; }

    /// <summary>When to give up, UTC; <see langword="null"/> for never.</summary>
    public DateTime? Deadline { get; private set; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private set; }

    /// <summary>How requests are written; <see langword="null"/> for the defaults.</summary>
    public WriteOptions? WriteOptions { get; private set; }

    /// <summary>The context of the call that the caller handles; <see langword="null"/> for none.</summary>
    public ContextPropagationToken? PropagationToken { get; private set; }

    /// <summary>Credentials of this call, besides those of the channel; <see langword="null"/> for none.</summary>
    public CallCredentials? Credentials { get; private set; }

    /// <summary>Whether the call waits for a connection instead of failing while there is none.</summary>
    public bool IsWaitForReady { get; private set; }

    /// <summary>Sets the headers.</summary>
    /// <param name="headers">The headers of the request.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>Sets the deadline.</summary>
    /// <param name="deadline">When to give up, UTC.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>Sets the cancellation.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) =>
        this with { CancellationToken = cancellationToken };

    /// <summary>Sets how requests are written.</summary>
    /// <param name="writeOptions">The write options.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithWriteOptions(WriteOptions writeOptions) =>
        this with { WriteOptions = writeOptions };

    /// <summary>Sets the context to be propagated.</summary>
    /// <param name="propagationToken">The context of the call that the caller handles.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithPropagationToken(ContextPropagationToken propagationToken) =>
        this with { PropagationToken = propagationToken };

    /// <summary>Sets the credentials.</summary>
    /// <param name="credentials">Credentials of this call.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>Sets whether the call waits for a connection.</summary>
    /// <param name="waitForReady">Whether it waits.</param>
    /// <returns>A changed copy.</returns>
    public readonly CallOptions WithWaitForReady(bool waitForReady = true) =>
        this with { IsWaitForReady = waitForReady };
}
