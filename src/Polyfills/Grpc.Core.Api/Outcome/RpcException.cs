namespace Grpc.Core;

/// <summary>
/// A call that did not end with OK. Thrown to clients; thrown by a server's handler, it sets the status of the call.
/// </summary>
public class RpcException : Exception
{
    /// <summary>A failure without trailers. The message is the status in one line.</summary>
    /// <param name="status">What became of the call.</param>
    public RpcException(Status status)
        : this(status, Metadata.Empty)
    {
    }

    /// <summary>A failure without trailers and with a message of its own.</summary>
    /// <param name="status">What became of the call.</param>
    /// <param name="message">The message of the exception; it does not go over the wire.</param>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>A failure with trailers. The message is the status in one line.</summary>
    /// <param name="status">What became of the call.</param>
    /// <param name="trailers">The trailing metadata of the call.</param>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failure with trailers and a message of its own.</summary>
    /// <param name="status">What became of the call; its exception becomes the inner exception.</param>
    /// <param name="trailers">The trailing metadata of the call.</param>
    /// <param name="message">The message of the exception; it does not go over the wire.</param>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>What became of the call.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>, for exception filters.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailing metadata of the call; empty where there is none.</summary>
    public Metadata Trailers { get; }
}
